import { TestServer } from './support/running-server.js';
import { SDK_VERSIONS, type Client } from './support/sdk-versions.js';

const INPUT = { messages: [{ role: 'user', content: 'Is it warm in Rome?' }], delayMs: 0 };

interface Part {
  id?: string;
  event: string;
  data: unknown;
}

async function collect(stream: AsyncIterable<unknown>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream) parts.push(part as Part);
  return parts;
}

describe.each(SDK_VERSIONS)('the runs of SDK $version', ({ Client }) => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start();
    client = new Client({ apiUrl: server.url });
  });
  afterAll(() => server.close());

  it('streams values and messages-tuple', async () => {
    const { thread_id: threadId } = await client.threads.create();
    const parts = await collect(
      client.runs.stream(threadId, 'agent', { input: INPUT, streamMode: ['values', 'messages-tuple'] }),
    );
    console.log(parts.map((p) => `${p.id} ${p.event} ${JSON.stringify(p.data).slice(0, 300)}`).join('\n'));
  });
});
