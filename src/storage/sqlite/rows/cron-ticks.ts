import type { Database as SqliteHandle } from 'better-sqlite3';
import { CronMovedError, type CronTick } from '../../rows/cron.js';

/** Moves a cron on, if it is still due at the time of the tick: of all who try it, one does it. */
export const ADVANCE_CRON =
  'UPDATE crons SET next_run_at = :nextRunAt WHERE cron_id = :cronId AND next_run_at = :dueAt';

/** Writes ticks that start a run, inside the transaction of the unit that accepts it. */
export class CronTicks {
  private readonly advance;

  constructor(handle: SqliteHandle) {
    this.advance = handle.prepare<[CronTick]>(ADVANCE_CRON);
  }

  /** @throws CronMovedError, so that nothing of the unit is stored */
  apply(tick: CronTick): void {
    if (this.advance.run(tick).changes === 0) throw new CronMovedError(tick.cronId);
  }
}
