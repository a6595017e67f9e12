import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';

const FIXTURES = resolve('test/fixtures/graphs');

/** Loads what its arguments name and prints one JSON line for each: the name of the graph, or the error. */
const DRIVER = `
import { createGraph, loadGraph } from './graph-loader.js';
import { splitGraphPath } from './config/langgraph-config.js';

for (const path of process.argv.slice(2)) {
  try {
    const source = await loadGraph('langgraph.json', { id: 'it', path, ...splitGraphPath(path) });
    const graph = source.kind === 'graph' ? source.graph : await createGraph('it', source.create, { configurable: { label: 'x' } }, 'threads.create_run');
    const isAgent = graph.config?.metadata?.ls_integration === 'langchain_create_agent';
    const seen = isAgent
      ? { isPregel: graph.lg_is_pregel, streams: 'streamTransformers' in graph, recursionLimit: graph.config.recursionLimit }
      : { state: await graph.invoke?.({}) };
    console.log(JSON.stringify({ kind: source.kind, name: graph.name, ...seen }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
}
`;

let build: string;
let folder: string;

/** Jest has a module loader of its own, so the compiled loader is tried in plain Node, as the server runs it. */
beforeAll(() => {
  const cache = resolve('node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  build = mkdtempSync(join(cache, 'graph-loader-'));
  writeFileSync(join(build, 'package.json'), '{"type":"module"}');
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    experimentalDecorators: true,
  };
  mkdirSync(join(build, 'graphs/loading/config'), { recursive: true });
  for (const file of readdirSync('src/graphs/loading', { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
  )) {
    const { outputText } = ts.transpileModule(readFileSync(join('src/graphs/loading', file), 'utf8'), {
      compilerOptions,
    });
    writeFileSync(join(build, 'graphs/loading', file.replace(/\.ts$/, '.js')), outputText);
  }
  writeFileSync(join(build, 'graphs/loading/driver.mjs'), DRIVER);
  folder = mkdtempSync(join(tmpdir(), 'graph-loader-'));
});

afterAll(() => {
  rmSync(build, { recursive: true });
  rmSync(folder, { recursive: true });
});

async function loadInNode(...paths: string[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(build, 'graphs/loading/driver.mjs'), ...paths], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown);
}

it('loads JavaScript and TypeScript, every kind of export, in plain Node', async () => {
  const paths = [
    'compiled.js:graph',
    'promise.ts:graph',
    'agent-object.ts:agent',
    'factory.mts:makeGraph',
    'factory.mjs:makeGraph',
  ];
  const seen = '["x","threads.create_run",{"context":{}}]';
  expect(await loadInNode(...paths.map((path) => join(FIXTURES, path)))).toEqual([
    { kind: 'graph', name: 'compiled', state: { count: 1 } },
    { kind: 'graph', name: 'promise', state: { color: 'blue' } },
    { kind: 'graph', name: 'inner', state: { done: true } },
    { kind: 'factory', name: seen, state: { seen } },
    { kind: 'factory', name: seen },
  ]);
});

it('finds the graph in an agent of langchain and of deepagents, exported, promised, made by a factory, or held by an object', async () => {
  const agents = (name: string): string => join(FIXTURES, `agents.mjs:${name}`);
  const names = ['plain', 'deep', 'promised', 'make', 'makeDeep', 'holder'];
  const graph = { isPregel: true, streams: true };
  expect(await loadInNode(...names.map(agents))).toEqual([
    { kind: 'graph', name: 'plain', ...graph, recursionLimit: 7 },
    { kind: 'graph', name: 'deep', ...graph, recursionLimit: 10_000 },
    { kind: 'graph', name: 'plain', ...graph },
    { kind: 'factory', name: 'plain', ...graph },
    { kind: 'factory', name: 'deep', ...graph, recursionLimit: 10_000 },
    { kind: 'graph', name: 'plain', ...graph },
  ]);
});

it('loads TypeScript and JavaScript of a CommonJS package', async () => {
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'name.ts'), "export const name: string = 'from a CommonJS package';");
  const typed =
    "import { name } from './name';\nexport const graph = { lg_is_pregel: true, name };\nexport default graph;";
  writeFileSync(join(folder, 'graph.ts'), typed);
  writeFileSync(
    join(folder, 'graph.cjs'),
    "module.exports = Object.fromEntries([['graph', { lg_is_pregel: true, name: 'cjs' }]]);",
  );
  const paths = ['graph.ts:graph', 'graph.ts', 'graph.cjs:graph'].map((path) => join(folder, path));
  expect(await loadInNode(...paths)).toEqual([
    { kind: 'graph', name: 'from a CommonJS package' },
    { kind: 'graph', name: 'from a CommonJS package' },
    { kind: 'graph', name: 'cjs' },
  ]);
});

it('tells of a TypeScript file that cannot be read, and of a promise that is rejected, and lives on', async () => {
  writeFileSync(join(folder, 'torn.ts'), 'export const graph: = 1;');
  const paths = [
    join(folder, 'torn.ts:graph'),
    join(FIXTURES, 'broken.mjs:rejected'),
    join(FIXTURES, 'compiled.js:graph'),
  ];
  expect(await loadInNode(...paths)).toEqual([
    { error: expect.stringMatching(/torn\.ts:graph\): cannot be imported: .*Unexpected "="/s) },
    { error: expect.stringContaining('its promise was rejected: no such model') },
    { kind: 'graph', name: 'compiled', state: { count: 1 } },
  ]);
});

it('names the file and the line in the user\'s code of whatever keeps a graph from being imported', async () => {
  const project = join(folder, 'faults');
  const files: Record<string, string> = {
    'package.json': '{"type":"module"}',
    'node_modules/thrower/package.json': '{"type":"module","exports":"./index.js"}',
    'node_modules/thrower/index.js': 'export const fail = () => { throw new Error("no such model"); };',
    'good.js': 'export const good = 1;',
    'half.js': 'export const a = 1;\nexport const b = {\n',
    'half.ts': 'export const a = 1;\n\nexport const b: = 2;\n',
    'throws.ts': 'import { fail } from "thrower";\n\nconst model: unknown = fail();\nexport const graph = model;\n',
    'syntax-below.js':
      'import { good } from "./good.js";\nimport { b } from "./half.js";\nexport const graph = [good, b];\n',
    'syntax-below.ts':
      'import { good } from "./good.js";\nimport { b } from "./half.ts";\nexport const graph = [good, b];\n',
    'no-file.ts':
      'import { good } from "./good.js";\nimport { lost } from "./lost.js";\nexport const graph = [good, lost];\n',
    'no-package.js':
      'import { good } from "./good.js";\n\nimport lost from "lost-package";\nexport const graph = [good, lost];\n',
    'no-export.js':
      'import { good } from "./good.js";\nimport { bad } from "./good.js";\nexport const graph = [good, bad];\n',
    'rejects.ts':
      'const build = async (): Promise<never> => {\n  throw new Error("no key");\n};\nexport const graph = build();\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  const expected: Record<string, string> = {
    'throws.ts': 'throws.ts:3',
    'syntax-below.js': 'half.js:3',
    'syntax-below.ts': 'half.ts:3',
    'no-file.ts': 'no-file.ts:2',
    'no-package.js': 'no-package.js:3',
    'no-export.js': 'no-export.js:2',
    'rejects.ts': 'rejects.ts:2',
  };
  const results = (await loadInNode(...Object.keys(expected).map((file) => join(project, `${file}:graph`)))) as {
    error: string;
  }[];
  const places = results.map(({ error }) => /([\w-]+\.[jt]s:\d+)(?::\d+)?(?:$|: ERROR)/m.exec(error)?.[1] ?? error);
  expect(Object.fromEntries(Object.keys(expected).map((file, index) => [file, places[index]]))).toEqual(expected);
});
