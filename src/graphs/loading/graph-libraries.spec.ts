import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { librariesOf, OWN_LIBRARIES } from './graph-libraries.js';

describe('the libraries of a graph', () => {
  let project: string;
  const write = (path: string, text: string): string => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
    return join(project, path);
  };
  const install = (path: string, manifest: object): string =>
    write(`${path}/package.json`, JSON.stringify({ type: 'module', ...manifest }));

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'threadlog-libraries-'));
    write('graph.mjs', '');
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  it('are those of the LangGraph that the graph runs on, wherever they stand', async () => {
    const core = 'node_modules/@langchain/langgraph/node_modules/@langchain/core';
    const callbacks = {
      require: { default: './manager.cjs' },
      import: { types: './manager.d.ts', default: './manager.js' },
    };
    install(core, {
      name: '@langchain/core',
      exports: { './callbacks/manager': callbacks, './language_models/compat': './compat.js' },
    });
    write(`${core}/manager.js`, 'export class CallbackManager { of = "the project" }');
    write(`${core}/compat.js`, 'export const convertChunksToEvents = () => "of the project";');
    install('node_modules/@langchain/langgraph', {
      name: '@langchain/langgraph', version: '1.3.0',
      exports: { './zod': './zod.js', './zod/schema': './schema.js' },
    });
    write('node_modules/@langchain/langgraph/zod.js', 'export const schemaMetaRegistry = "of the project";');
    write('node_modules/@langchain/langgraph/schema.js', 'export const getStateTypeSchema = () => "of the project";');
    const { CallbackManager, convertChunksToEvents, schemaReaders } = await librariesOf(join(project, 'graph.mjs'));
    expect([schemaReaders.schemaMetaRegistry, schemaReaders.getStateTypeSchema?.({})]).toEqual(
      Array(2).fill('of the project'),
    );
    expect(new CallbackManager()).toMatchObject({ of: 'the project' });
    expect((convertChunksToEvents as unknown as () => string)()).toBe('of the project');
  });

  it("are the server's own where the project has none, or not all", async () => {
    expect(await librariesOf(join(project, 'graph.mjs'))).toEqual(OWN_LIBRARIES);
    install('node_modules/@langchain/langgraph', { name: '@langchain/langgraph', version: '1.3.0' });
    install('node_modules/@langchain/core', { name: '@langchain/core', exports: { '.': './index.js' } });
    expect(await librariesOf(join(project, 'graph.mjs'))).toEqual(OWN_LIBRARIES);
  });
});
