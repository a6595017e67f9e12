import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseOpenError } from './database-file.js';
import { sqliteBuildWarning } from './sqlite-build.js';

describe('sqliteBuildWarning', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sqlite-build-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  /** As node-gyp leaves it behind. */
  const compiled = (version: string, nodedir: string): void => {
    write('package.json', JSON.stringify({ version }));
    write(
      'build/config.gypi',
      `# Do not edit.\n{ "variables": { "node_module_version": 137, "nodedir": "${nodedir}" } }`,
    );
  };
  const headers = (major: number, minor: number): void =>
    write(
      'headers/include/node/node_version.h',
      `#define NODE_MAJOR_VERSION ${major}\n#define NODE_MINOR_VERSION ${minor}\n#define NODE_PATCH_VERSION 0\n`,
    );

  it.each([
    [24, 18, false], [24, 19, true], [24, 21, true], [25, 0, true], [22, 23, false], [20, 20, false],
  ])('takes a build against the headers of Node %i.%i for one that aborts: %s', (major, minor, aborts) => {
    compiled('12.11.1', join(folder, 'headers'));
    headers(major, minor);
    expect(sqliteBuildWarning(folder, '24.21.0') !== null).toBe(aborts);
  });

  it('goes by the Node that runs when the headers are gone, and says what to do', () => {
    compiled('12.11.1', join(folder, 'gone'));
    expect(sqliteBuildWarning(folder, '24.18.1')).toBeNull();
    expect(sqliteBuildWarning(folder, '24.21.0')).toMatch(
      /better-sqlite3 12\.11\.1 was compiled against the headers of Node 24\.21\.0 .*use Node 24\.18\.1 or 22/,
    );
  });

  it('is content with a prebuilt one, and with another major version', () => {
    write('package.json', '{"version":"12.11.1"}');
    expect(sqliteBuildWarning(folder, '24.21.0')).toBeNull();
    compiled('13.0.0', join(folder, 'gone'));
    expect(sqliteBuildWarning(folder, '24.21.0')).toBeNull();
  });

  it('finds the one that this program loads', () => {
    expect(() => sqliteBuildWarning()).not.toThrow();
  });
});

describe('a better-sqlite3 that cannot be loaded', () => {
  it.each([
    [new Error('Could not locate the bindings file. Tried:\n → /a\n → /b'), 'its install script did not run'],
    [
      Object.assign(new Error('was compiled against a different Node.js version'), { code: 'ERR_DLOPEN_FAILED' }),
      'cannot be loaded by Node',
    ],
  ])('is told in one line, with what to do: %s', (cause, fault) => {
    const { message } = new DatabaseOpenError('/x/t.db', cause);
    expect(message).toMatch(
      /^cannot open the database \/x\/t\.db: better-sqlite3 [^\n]+: run "npm rebuild better-sqlite3"[^\n]+$/,
    );
    expect(message).toContain(fault);
  });
});
