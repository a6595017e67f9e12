import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyGraphEnvironment } from '../graph-environment.js';
import { GraphConfigError } from '../graph-errors.js';
import { readLanggraphConfig, splitGraphPath } from './langgraph-config.js';

let folder: string;
let configPath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'langgraph-config-'));
  configPath = join(folder, 'langgraph.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(config: unknown): void {
  writeFileSync(configPath, typeof config === 'string' ? config : JSON.stringify(config));
}

function faultOf(config: unknown): GraphConfigError {
  write(config);
  try {
    readLanggraphConfig(configPath);
  } catch (error) {
    return error as GraphConfigError;
  }
  throw new Error('it was accepted');
}

describe('readLanggraphConfig', () => {
  it('reads both forms of an entry, relative to its own folder', () => {
    write({
      node_version: '20',
      dependencies: ['.'],
      graphs: { a: './src/a.ts:graph', b: { path: './b.mjs', description: 'the second', more: 1 } },
    });
    const config = readLanggraphConfig(configPath);
    expect(config.graphs).toEqual([
      { id: 'a', path: './src/a.ts:graph', file: join(folder, 'src/a.ts'), exportName: 'graph' },
      { id: 'b', path: './b.mjs', file: join(folder, 'b.mjs'), exportName: 'default', description: 'the second' },
    ]);
    expect(config.env).toEqual({ variables: {} });
  });

  it.each([
    ['./a.py:graph', 'ends in one of'],
    ['./folder:graph', 'ends in one of'],
    ['./a.ts:', 'names no export'],
    [':graph', 'names no file'],
    [42, 'must be'],
    [{ description: 'no path' }, 'must be'],
    [null, 'must be'],
  ])('refuses the entry %j with its file, id, path and reason', (entry, reason) => {
    const fault = faultOf({ graphs: { good: './good.ts:graph', bad: entry } });
    const path = typeof entry === 'string' ? entry : JSON.stringify(entry);
    expect(fault).toBeInstanceOf(GraphConfigError);
    expect(fault.message).toContain(`${configPath}: graph "bad" (${path}): `);
    expect(fault.message).toContain(reason);
  });

  it.each([
    ['{', 'not valid JSON'],
    ['[]', 'the file'],
    [{}, 'graphs'],
    [{ graphs: {} }, '"graphs" is empty'],
    [{ graphs: ['./a.ts:graph'] }, 'graphs'],
    [{ graphs: { a: './a.ts:g' }, env: ['KEY'] }, '"env" must be'],
    [{ graphs: { a: './a.ts:g' }, env: { KEY: { nested: 1 } } }, '"env" must be'],
  ])('refuses the file %j', (config, reason) => {
    const { message } = faultOf(config);
    expect(message).toContain(`${configPath}: `);
    expect(message).toContain(reason);
  });

  it('says that the file is missing', () => {
    expect(() => readLanggraphConfig(configPath)).toThrow(`${configPath}: file not found`);
  });
});

describe('keys without effect', () => {
  const graphs = { a: { path: './a.ts:g', color: 'red' }, b: './b.ts' };
  const noticesOf = (config: object): string[] => {
    write({ graphs, ...config });
    return readLanggraphConfig(configPath).notices.map(({ level, message }) => `${level} ${message}`);
  };

  it('warns of known keys that are not served, and of unknown ones, by name', () => {
    expect(noticesOf({ http: { app: './app.ts:app' }, ui: {}, env: {}, htpp: 1 })).toEqual([
      `warn ${configPath}: "ui", "http.app": not served yet, so without effect here`,
      `warn ${configPath}: "htpp", "graphs.a.color": unknown, so without effect here`,
    ]);
  });

  it('tells without alarm of what is for building images', () => {
    const [notice] = noticesOf({
      graphs: { b: './b.ts' },
      node_version: '20',
      dependencies: ['.'],
      node_loader: 'tsx',
    });
    expect(notice).toBe(`info ${configPath}: "node_version", "dependencies": for building images, without effect here`);
  });

  it('refuses auth, which would let everybody in, and says what to do', () => {
    const { message } = faultOf({ graphs, auth: { path: './auth.ts:auth' } });
    expect(message).toContain(`${configPath}: "auth" is not served yet`);
    expect(message).toContain('AUTH_API_KEYS');
  });
});

describe('splitGraphPath', () => {
  it.each([
    ['./a.ts:graph', './a.ts', 'graph'],
    ['./a.ts', './a.ts', 'default'],
    ['./odd:name/a.ts:graph', './odd:name/a.ts', 'graph'],
    ['C:\\graphs\\a.ts:graph', 'C:\\graphs\\a.ts', 'graph'],
    ['C:\\graphs\\a.ts', 'C:\\graphs\\a.ts', 'default'],
    ['c:/graphs/a.ts', 'c:/graphs/a.ts', 'default'],
  ])('splits %s', (path, file, exportName) => {
    expect(splitGraphPath(path)).toEqual({ file, exportName });
  });
});

describe('applyGraphEnvironment', () => {
  const graphs = { a: './a.ts:g' };

  it('sets the variables of an object and keeps what the process has', () => {
    write({ graphs, env: { NEW: 'from file', KEPT: 'from file', EMPTY: 'from file', COUNT: 3, ON: true } });
    const environment: Record<string, string> = { KEPT: 'by hand', EMPTY: '' };
    applyGraphEnvironment(readLanggraphConfig(configPath), environment);
    expect(environment).toEqual({ NEW: 'from file', KEPT: 'by hand', EMPTY: '', COUNT: '3', ON: 'true' });
  });

  it('sets the variables of a dotenv file and keeps what the process has', () => {
    writeFileSync(join(folder, '.env'), '# keys\nNEW="two words"\nKEPT=from file\n');
    write({ graphs, env: '.env' });
    const environment: Record<string, string> = { KEPT: 'by hand' };
    applyGraphEnvironment(readLanggraphConfig(configPath), environment);
    expect(environment).toEqual({ NEW: 'two words', KEPT: 'by hand' });
  });

  it('refuses a dotenv file that is not there, with its path', () => {
    write({ graphs, env: './keys.env' });
    const apply = (): void => applyGraphEnvironment(readLanggraphConfig(configPath), {});
    expect(apply).toThrow(GraphConfigError);
    expect(apply).toThrow(join(folder, 'keys.env'));
  });
});
