import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { databasePath } from './database-url.js';
import { settingsOf } from './settings-file.js';

describe('settingsOf', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'settings-file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (text: string): void => writeFileSync(join(folder, '.env'), text);
  const pathOf = (environment: NodeJS.ProcessEnv): string =>
    databasePath(settingsOf(folder, {}, environment).DATABASE_URL);

  it('reads the .env of the folder; the environment wins over it, and an option over both', () => {
    write('PORT=1\nHOST=::1\nMAX_RUN_ATTEMPTS=9\nMODEL_KEY=for-a-graph\n');
    expect(settingsOf(folder, { PORT: '3' }, { PORT: '2', HOST: '127.0.0.2' })).toMatchObject({
      PORT: 3,
      HOST: '127.0.0.2',
      MAX_RUN_ATTEMPTS: 9,
    });
  });

  it('needs no .env', () => {
    expect(settingsOf(folder, {}, {}).PORT).toBe(8123);
  });

  it('names the file for what it says, and only for that', () => {
    write('PORT=many\nMAX_CONCURENT_RUNS=1\nDURABILITY=power\n');
    const start = (): unknown => settingsOf(folder, {}, { DURABILITY: 'never' });
    expect(start).toThrow(`${folder}/.env: setting PORT is "many": must be`);
    expect(start).toThrow(`${folder}/.env: unknown setting MAX_CONCURENT_RUNS`);
    expect(start).toThrow(/^setting DURABILITY is "never"/m);
  });

  it('says which file it cannot read', () => {
    mkdirSync(join(folder, '.env'));
    expect(() => settingsOf(folder, {}, {})).toThrow(`cannot read ${folder}/.env: `);
  });

  it('takes a relative database path from where it is written', () => {
    expect(pathOf({})).toBe(join(folder, '.threadlog/threadlog.db'));
    write('DATABASE_URL=sqlite:./data/t.db\n');
    expect(pathOf({})).toBe(join(folder, 'data/t.db'));
    expect(pathOf({ DATABASE_URL: 'sqlite:./data/t.db' })).toBe(resolve('data/t.db'));
    expect(pathOf({ DATABASE_URL: 'sqlite:///x/t.db' })).toBe('/x/t.db');
  });

  it('refuses a database that it cannot open, in the words of the file', () => {
    write('DATABASE_URL=postgres://db/x\n');
    expect(() => settingsOf(folder, {}, {})).toThrow(
      `${folder}/.env: setting DATABASE_URL is "postgres://db/x": PostgreSQL is not supported yet`,
    );
  });
});
