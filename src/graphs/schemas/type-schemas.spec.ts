import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { TypeSchemas } from './type-schemas.js';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const FIXTURES = join(PROJECT, 'test/fixtures/assistants');
const of = (file: string) => ({ id: 'graph', file, exportName: 'graph' });

describe('TypeSchemas', () => {
  const opened: TypeSchemas[] = [];
  const open = (overrides: Partial<Settings> = {}): TypeSchemas => {
    const types = new TypeSchemas(Object.assign(new Settings(), overrides));
    opened.push(types);
    return types;
  };
  beforeAll(() => Logger.overrideLogger(false));
  afterEach(() => Promise.all(opened.splice(0).map((types) => types.onModuleDestroy())));

  it('reads types beside the loop, which turns on meanwhile', async () => {
    let turns = 0;
    let isDone = false;
    const reading = open().of(of(join(FIXTURES, 'made.ts'))).finally(() => (isDone = true));
    while (!isDone) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await reading).state).toEqual({
      type: 'object', properties: { name: { type: 'string' } }, required: ['name'],
    });
    expect(turns).toBeGreaterThan(100);
  });

  it('reads a file once, and again when it is another one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'threadlog-types-'));
    const file = join(folder, 'made.ts');
    cpSync(join(FIXTURES, 'made.ts'), file);
    symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    const types = open();
    const [first, second] = await Promise.all([types.of(of(file)), types.of(of(file))]);
    expect(second).toBe(first);
    expect(await types.of(of(file))).toBe(first);
    writeFileSync(file, readFileSync(file, 'utf8').replace('name: Annotation<string>', 'name: Annotation<number>'));
    expect((await types.of(of(file))).state?.properties).toEqual({ name: { type: 'number' } });
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['takes too long', { SCHEMA_TIMEOUT_MS: 1 }],
    ['takes too much memory', { SCHEMA_MEMORY_BYTES: 67_108_864 }],
  ])('knows nothing when it %s, and lives on', async (_, limit) => {
    expect(await open(limit).of(of(join(FIXTURES, 'typed.ts')))).toEqual({});
  });

  it('knows nothing of JavaScript, of an export that is no graph, and of a file with errors', async () => {
    const types = open();
    expect(await types.of(of(join(FIXTURES, 'plain.mjs')))).toEqual({});
    const nothing = { state: null, input: null, output: null, config: null, context: null };
    expect(await types.of({ ...of(join(FIXTURES, 'made.ts')), exportName: 'missing' })).toEqual(nothing);
    const folder = mkdtempSync(join(tmpdir(), 'threadlog-types-'));
    writeFileSync(join(folder, 'broken.ts'), 'export const graph = {{;');
    expect(await types.of(of(join(folder, 'broken.ts')))).toEqual(nothing);
    rmSync(folder, { recursive: true });
  });
});
