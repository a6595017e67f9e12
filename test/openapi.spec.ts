import { openApiText } from '../src/cli/openapi.js';

interface Document {
  openapi: string;
  info: { title: string };
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, unknown> };
}

describe('the OpenAPI document', () => {
  it('is the same text each time, with its paths and schemas in order', async () => {
    const text = await openApiText();
    expect(await openApiText()).toBe(text);
    const document = JSON.parse(text) as Document;
    for (const keys of [Object.keys(document.paths), Object.keys(document.components.schemas)])
      expect(keys).toEqual([...keys].sort());
  });

  it('describes the event stream and the shape of a 422', async () => {
    const document = JSON.parse(await openApiText()) as Document;
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Threadlog' } });
    const stream = document.paths['/threads/{thread_id}/stream/events']?.['post'];
    expect(Object.keys(stream?.responses ?? {})).toEqual(['200', '400', '404', '422', '503']);
    expect(document.components.schemas['ValidationError']).toMatchObject({ required: ['loc', 'msg', 'type'] });
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
