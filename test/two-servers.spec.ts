import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameReader } from './support/frame-reader.js';
import { startRun } from './support/run-commands.js';
import { ServerHome } from './support/server-process.js';
import { faultsOf, haveEnded, rootEvents } from './support/thread-history.js';

describe('two servers on one database file', () => {
  const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json');
  afterAll(() => home.dispose());

  it('lets the second wait, refuse while the first lives, and take its runs over once it was killed', async () => {
    const first = await home.start();
    const { runId } = await startRun(first.url, 'shared', 'agent', {
      messages: [{ role: 'user', content: 'who answers?' }],
      delayMs: 60,
    });
    const reader = await FrameReader.open(first.url, 'shared', { since: 0 });
    await reader.until((frames) => frames.some(({ method }) => method === 'messages'));

    const refused = await home.spawn({ START_LOCK_WAIT_MS: '50' });
    await refused.program.line('waiting for it');
    expect(await refused.program.ended).toBe(1);
    expect(refused.program.lines.at(-1)).toContain(`${home.databasePath} is in use by another process`);

    const second = await home.spawn({ START_LOCK_WAIT_MS: '60000' });
    await second.program.line('waiting for it');
    const before = reader.frames.length;
    await reader.until((frames) => frames.length > before || haveEnded(frames, [runId]));
    await first.kill();
    await second.ready();

    const after = await FrameReader.open(second.url, 'shared', { since: 0 });
    const frames = await after.until((all) => haveEnded(all, [runId]));
    after.close();
    expect(frames.slice(0, reader.frames.length).map(({ text }) => text)).toEqual(
      reader.frames.map(({ text }) => text),
    );
    expect(faultsOf(frames, [runId])).toEqual([]);
    expect(rootEvents(frames).at(-1)).toMatchObject({ event: 'completed' });
  });
});

describe('two servers on one file that has two paths', () => {
  const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json', { START_LOCK_WAIT_MS: '0' });
  const other = join(home.folder, 'other');
  beforeAll(async () => {
    mkdirSync(other);
    await home.start();
  });
  afterAll(() => home.dispose());

  /** The last line of a server that is started on this database and must not come up. */
  const refusal = async (database: string): Promise<string> => {
    const { program } = await home.spawn({ DATABASE_URL: `sqlite://${database}` });
    expect(await program.ended).toBe(1);
    return program.lines.at(-1) as string;
  };

  it.each<[string, () => string]>([
    ['a symbolic link', () => home.databasePath],
    ['a symbolic link to a symbolic link', () => join(other, 'a symbolic link.db')],
  ])('refuses the second by %s', async (name, target) => {
    const link = join(other, `${name}.db`);
    symlinkSync(target(), link);
    expect(await refusal(link)).toContain(`${home.databasePath} is in use by another process`);
  });

  it('refuses the second by a link to the folder', async () => {
    symlinkSync(home.folder, join(other, 'folder'));
    expect(await refusal(join(other, 'folder', 'threadlog.db'))).toContain(
      `${home.databasePath} is in use by another process`,
    );
  });

  it('refuses the second by a symbolic link to its checkpoints', async () => {
    const database = join(other, 'elsewhere.db');
    symlinkSync(`${home.databasePath}-checkpoints`, `${database}-checkpoints`);
    const said = await refusal(database);
    expect(said).toContain(`${database} is in use by another process (it holds ${home.databasePath}-checkpoints.lock`);
  });

  it.each(['', '-checkpoints'])('refuses the second by a hard link to the file threadlog.db%s', async (suffix) => {
    const database = join(other, `hard${suffix}.db`);
    linkSync(`${home.databasePath}${suffix}`, `${database}${suffix}`);
    expect(await refusal(database)).toContain(
      `cannot open the database ${database}${suffix}: it has 2 names (hard links)`,
    );
  });

  it('does not leave behind the checkpoints that an earlier version has put beside a link', async () => {
    const link = join(other, 'early.db');
    symlinkSync(join(other, 'late.db'), link);
    writeFileSync(`${link}-checkpoints`, '');
    expect(await refusal(link)).toContain(
      `move ${link}-checkpoints (with its -wal and -shm) to ${join(other, 'late.db')}-checkpoints`,
    );
  });
});
