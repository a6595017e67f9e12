import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FinishedRun } from '../../test/support/finished-run.js';
import { plainDrafts, storedSeqs, RemovalSizes } from '../../test/support/stored-log.js';
import { openTemporaryLog, type TemporaryLog } from '../../test/support/temporary-log.js';
import type { Settings } from '../config/settings.js';
import { Compaction } from './compaction.js';
import { LogMaintenance } from './log-maintenance.js';
import { Retention } from './retention.js';
import { SupersededRows } from './superseded-rows.js';

describe('LogMaintenance', () => {
  let temporary: TemporaryLog;
  let retention: Retention;
  let maintenance: LogMaintenance;
  afterEach(async () => {
    maintenance.onModuleDestroy();
    jest.restoreAllMocks();
    await temporary.close();
  });

  const open = async (settings: Partial<Settings>): Promise<void> => {
    temporary = await openTemporaryLog(settings);
    const { log, upkeep, settings: all } = temporary;
    retention = new Retention(upkeep, log, all);
    maintenance = new LogMaintenance(
      upkeep,
      retention,
      new Compaction(upkeep, log, new SupersededRows(upkeep), all),
      all,
    );
  };
  const seqs = (threadId: string): number[] => storedSeqs(temporary.database, threadId);

  it('sets no timer while retention and compaction are off', async () => {
    await open({});
    maintenance.onApplicationBootstrap();
    expect(maintenance.isScheduled).toBe(false);
    await temporary.log.append('a', new FinishedRun('r', 0).values().values().end());
    await maintenance.sweep();
    expect(seqs('a')).toEqual([2, 3, 4, 5]);
  });

  it.each([['RETENTION_MAX_AGE_MS'], ['RETENTION_MAX_EVENTS'], ['COMPACT_AFTER_MS']])(
    'sets a timer for %s, until it is stopped',
    async (name) => {
      await open({ [name]: 1 });
      maintenance.onApplicationBootstrap();
      expect(maintenance.isScheduled).toBe(true);
      maintenance.onModuleDestroy();
      expect(maintenance.isScheduled).toBe(false);
    },
  );

  it('looks by itself', async () => {
    await open({ RETENTION_MAX_EVENTS: 1, MAINTENANCE_INTERVAL_MS: 1 });
    await temporary.log.append('a', plainDrafts(3));
    const trimmed = new Promise<void>((resolve) => {
      new RemovalSizes(temporary, () => resolve());
    });
    maintenance.onApplicationBootstrap();
    await trimmed;
    expect(seqs('a')).toEqual([4]);
  });

  it('trims and compacts every thread', async () => {
    await open({ RETENTION_MAX_EVENTS: 4, COMPACT_AFTER_MS: 1_000 });
    for (let i = 0; i < 450; i += 1)
      void temporary.log.append(`t${i}`, new FinishedRun('r', 0).values().values().values().values().end());
    await temporary.log.append('last', []);
    await maintenance.sweep(10_000);
    // 2 and 3 by the number of events (the values of 3 are the snapshot), 4 and 5 by compaction.
    for (let i = 0; i < 450; i += 1) expect(seqs(`t${i}`)).toEqual([3, 6, 7]);
  });

  it('leaves a thread that fails to the next look and goes on with the others', async () => {
    await open({ RETENTION_MAX_EVENTS: 1 });
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    for (const threadId of ['a', 'b']) await temporary.log.append(threadId, plainDrafts(3));
    const trim = jest.spyOn(retention, 'trim').mockRejectedValueOnce(new Error('bad page'));
    await maintenance.sweep();
    expect([seqs('a'), seqs('b')]).toEqual([[2, 3, 4], [4]]);
    expect(logged.mock.calls).toEqual([[{ thread_id: 'a', err: new Error('bad page') }, expect.any(String)]]);
    await maintenance.sweep();
    expect(seqs('a')).toEqual([4]);
    expect(trim).toHaveBeenCalledTimes(4);
  });

  it('makes a second look wait for the first', async () => {
    await open({ RETENTION_MAX_EVENTS: 1 });
    await temporary.log.append('a', plainDrafts(600));
    const transactions = new RemovalSizes(temporary);
    await Promise.all([maintenance.sweep(), maintenance.sweep(), maintenance.sweep()]);
    expect(transactions.sizes).toEqual([500, 99]);
  });

  it('stops after the transaction that is under way', async () => {
    await open({ RETENTION_MAX_EVENTS: 1 });
    for (const threadId of ['a', 'b']) await temporary.log.append(threadId, plainDrafts(1_200));
    const transactions = new RemovalSizes(temporary, () => maintenance.onModuleDestroy());
    await maintenance.sweep();
    expect(transactions.sizes).toEqual([500]);
    expect(seqs('b')).toHaveLength(1_200);
  });
});
