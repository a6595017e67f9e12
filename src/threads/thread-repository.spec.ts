import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../config/settings.js';
import type { Database } from '../storage/sqlite/database.js';
import { openDatabase } from '../storage/sqlite/open-database.js';
import { PendingInterrupts } from './pending-interrupts.js';
import { ThreadRepository } from './thread-repository.js';

describe('ThreadRepository', () => {
  let folder: string;
  let database: Database;
  let threads: ThreadRepository;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'threadlog-repository-'));
    const settings = Object.assign(new Settings(), {
      DATABASE_URL: `sqlite:${join(folder, 't.db')}`,
      MAX_METADATA_BYTES: 100,
    });
    database = await openDatabase(settings, { migrate: true });
    threads = new ThreadRepository(database, settings);
  });

  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  it('makes an idle thread once', () => {
    expect(threads.find('t')).toBeNull();
    expect(threads.insertIfAbsent({ threadId: 't', owner: 'ada', metadata: { a: 1 }, config: { c: 2 }, now: 5 })).toBe(
      true,
    );
    expect(threads.insertIfAbsent({ threadId: 't', owner: 'bob', metadata: { b: 1 }, now: 6 })).toBe(false);
    expect(threads.find('t')).toEqual({
      threadId: 't',
      owner: 'ada',
      status: 'idle',
      metadata: { a: 1 },
      config: { c: 2 },
      error: null,
      graphId: null,
      assistantId: null,
      createdAt: 5,
      updatedAt: 5,
      stateUpdatedAt: 5,
    });
  });

  it('forgets the error of a run with the next status', () => {
    threads.insertIfAbsent({ threadId: 't', owner: null, now: 1 });
    threads.setStatus('t', 'error', 2, 'boom');
    expect(threads.find('t')).toMatchObject({ status: 'error', error: 'boom', updatedAt: 2 });
    threads.setStatus('t', 'busy', 3);
    expect(threads.find('t')).toMatchObject({ status: 'busy', error: null, updatedAt: 3, stateUpdatedAt: 1 });
  });

  it('merges metadata key by key', () => {
    threads.insertIfAbsent({ threadId: 't', owner: null, metadata: { keep: 1, deep: { a: 1 } }, now: 1 });
    threads.mergeMetadata('t', { deep: { b: 2 }, none: null }, 4);
    expect(threads.find('t')).toMatchObject({ metadata: { keep: 1, deep: { b: 2 }, none: null }, updatedAt: 4 });
    threads.mergeMetadata('missing', { a: 1 }, 5);
    expect(threads.find('missing')).toBeNull();
  });

  it('changes back with the transaction it is called in', () => {
    const failing = database.handle.transaction(() => {
      threads.insertIfAbsent({ threadId: 't', owner: null, now: 1 });
      threads.touchState('t', 2);
      throw new Error('no');
    });
    expect(failing).toThrow('no');
    expect(threads.find('t')).toBeNull();
  });

  it('removes a row', () => {
    threads.insertIfAbsent({ threadId: 't', owner: null, now: 1 });
    threads.delete('t');
    expect(threads.find('t')).toBeNull();
  });

  it('knows which interrupts are answered', () => {
    const pending = new PendingInterrupts(database);
    const insert = database.handle.prepare(`INSERT INTO interrupts
      (thread_id, interrupt_id, run_id, namespace, task_id, requested_seq, answered_by_run, created_at)
      VALUES ('t', ?, 'r', '[]', 'task', 2, ?, 1)`);
    insert.run('open', null);
    insert.run('answered', 'r2');
    expect(pending.isAnswered('t', 'open')).toBe(false);
    expect(pending.isAnswered('t', 'answered')).toBe(true);
    expect(pending.isAnswered('t', 'unknown')).toBe(false);
    expect(pending.isAnswered('other', 'answered')).toBe(false);
  });
});
