import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DatabaseLock } from './database-lock.js';

const HOLDER = fileURLToPath(new URL('../../../test/fixtures/hold-database-lock.ts', import.meta.url));

/** Another process that takes the lock; `next()` is the next line that it prints, or null at its end. */
class Holder {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  constructor(path: string, waitMs = 0) {
    this.process = spawn(process.execPath, ['--import', 'tsx', HOLDER, path, String(waitMs)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async next(): Promise<string | null> {
    const { value, done } = await this.lines.next();
    return done ? null : value;
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

describe('DatabaseLock', () => {
  let directory: string;
  let path: string;
  const holders: Holder[] = [];
  const hold = (waitMs?: number): Holder => {
    const holder = new Holder(path, waitMs);
    holders.push(holder);
    return holder;
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'threadlog-lock-'));
    path = join(directory, 'deep', 'threadlog.db');
  });
  afterEach(async () => {
    await Promise.all(holders.splice(0).map((holder) => holder.kill()));
    rmSync(directory, { recursive: true, force: true });
  });

  it('refuses a second process after its wait, and names the files', async () => {
    const lock = await DatabaseLock.acquire([path], { waitMs: 0 });
    const other = hold(300);
    expect(await other.next()).toBe(`waiting ${path}.lock`);
    expect(await other.next()).toBe(
      `DatabaseInUseError the database ${path} is in use by another process (it holds ${path}.lock; waited 300 ms)`,
    );
    lock.release();
  });

  it('refuses a second owner in the same process', async () => {
    const lock = await DatabaseLock.acquire([path], { waitMs: 0 });
    await expect(DatabaseLock.acquire([path], { waitMs: 0 })).rejects.toThrow('in use by another process');
    lock.release();
    (await DatabaseLock.acquire([path], { waitMs: 0 })).release();
  });

  it('lets the waiting process in when the owner releases it', async () => {
    const lock = await DatabaseLock.acquire([path], { waitMs: 0 });
    const other = hold(60_000);
    expect(await other.next()).toBe(`waiting ${path}.lock`);
    lock.release();
    expect(await other.next()).toBe('held');
  });

  it('is free at once after kill -9 of its owner', async () => {
    const owner = hold();
    expect(await owner.next()).toBe('held');
    await expect(DatabaseLock.acquire([path], { waitMs: 0 })).rejects.toThrow(`${path}.lock`);
    await owner.kill();
    (await DatabaseLock.acquire([path], { waitMs: 0 })).release();
  });

  it('stops waiting when told to', async () => {
    const lock = await DatabaseLock.acquire([path], { waitMs: 0 });
    const stop = new AbortController();
    const waiting = DatabaseLock.acquire([path], { waitMs: 60_000, signal: stop.signal, onWait: () => stop.abort() });
    await expect(waiting).rejects.toThrow('aborted');
    lock.release();
  });

  it('says at once that a lock cannot be opened', async () => {
    await expect(DatabaseLock.acquire(['/dev/null/x.db'], { waitMs: 60_000 })).rejects.toThrow(
      'cannot open the database',
    );
  });
});
