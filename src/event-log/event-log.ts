import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import type { EventDraft } from './event-draft.js';
import { type FlushUnit, bytesOf, isScattered } from './flush-unit.js';
import { EventBatch } from './log-event.js';
import { RecentEvents } from './recent-events.js';
import { MAX_STEP_ROWS } from './removal-step.js';
import { StorageUnavailableError, isStorageTrouble } from './storage-errors.js';
import { SEQ_BEFORE_FIRST, type ThreadHead, ThreadHeads } from './thread-head.js';
import { ThreadSubjects } from './thread-subjects.js';
import { ThreadTransaction } from './thread-transaction.js';
import { WriteHealth } from './write-health.js';

const NO_DRAFTS: readonly EventDraft[] = [];
/** Milliseconds for which a look at the files is good enough for a command: it is a dozen microseconds of system calls. */
const RECENT_LOOK_MS = 20;

interface Committed {
  /** What each unit's work returned. */
  readonly values: unknown[];
  readonly transactions: ThreadTransaction[];
  readonly isScattered: boolean;
}

/**
 * The log's writer. All that is pending, for all threads, goes into one short transaction as soon as the loop turns, or
 * sooner when a turn is long (MAX_COMMIT_DELAY_MS); what it committed is published in the same tick, so no reader can see
 * a row before it was published, or miss one.
 */
@Injectable()
export class EventLog {
  private readonly heads: ThreadHeads;
  private readonly commit;
  private readonly writeProbe;
  private pending: FlushUnit[] = [];
  private bytes = 0;
  private flushIsDue = false;
  /** Epoch ms since which the oldest of `pending` waits. */
  private pendingSince = 0;
  private retryTimer: NodeJS.Timeout | null = null;
  /** When the files were last looked at, as `performance.now()`. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  private roomListeners: (() => void)[] = [];
  private readonly flushNow = (): void => {
    if (!this.retryTimer) this.flush();
  };
  private readonly flushTurn = (): void => {
    this.flushIsDue = false;
    this.flush();
  };

  constructor(
    private readonly database: Database,
    private readonly recent: RecentEvents,
    private readonly subjects: ThreadSubjects,
    private readonly health: WriteHealth,
    private readonly settings: Settings,
  ) {
    this.heads = new ThreadHeads(database.handle);
    this.commit = database.handle.transaction((units: readonly FlushUnit[]) => this.runUnits(units));
    const fill = database.handle.prepare('INSERT INTO write_probe (filler) VALUES (zeroblob(65536))');
    const empty = database.handle.prepare('DELETE FROM write_probe');
    this.writeProbe = database.handle.transaction(() => {
      empty.run();
      fill.run();
    });
  }

  /**
   * Appends events of one thread, in order, in one commit. While the database cannot write they wait.
   * @throws the database's error when the data is refused; nothing of the call is stored then.
   */
  append(threadId: string, drafts: readonly EventDraft[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.enqueue({ threadId, bytes: bytesOf(drafts), waits: true, drafts, work: null, resolve: () => resolve(), reject });
    });
  }

  /**
   * The same for a producer that does not wait for each commit: a promise per event is a good part of what an event
   * costs. A later `append` or `transact` resolves after all that was handed in here has been committed or refused.
   * @param refused is told the database's error; nothing of the call is stored then
   */
  write(threadId: string, drafts: readonly EventDraft[], refused: (error: unknown) => void): void {
    this.enqueue({ threadId, bytes: bytesOf(drafts), waits: true, drafts, work: null, resolve: null, reject: refused });
  }

  /**
   * Runs `work` in the next flush: its statements and its events commit together. It is synchronous and may run again
   * after a rollback. With `waits: false` (commands) it is refused while the database cannot write.
   * @throws StorageUnavailableError; whatever `work` throws, having changed nothing.
   */
  transact<T>(threadId: string, work: (transaction: ThreadTransaction) => T, { waits }: { waits: boolean }): Promise<T> {
    if (!waits && !this.isWritable(RECENT_LOOK_MS)) return Promise.reject(new StorageUnavailableError(this.health.reason));
    return new Promise((resolve, reject) => {
      this.enqueue({ threadId, bytes: 0, waits, drafts: NO_DRAFTS, work, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** The thread's head row as committed, or null when nothing was ever stored for it. */
  head(threadId: string): Readonly<ThreadHead> | null {
    return this.heads.find(threadId);
  }

  /** The newest committed seq; SEQ_BEFORE_FIRST for a thread that has no event. */
  lastSeq(threadId: string): number {
    return this.head(threadId)?.lastSeq ?? SEQ_BEFORE_FIRST;
  }

  /** Resolves when fewer than MAX_PENDING_BYTES wait; producers ask for it before they go on. */
  async room(): Promise<void> {
    while (this.bytes >= this.settings.MAX_PENDING_BYTES) {
      await new Promise<void>((resolve) => this.roomListeners.push(resolve));
    }
  }

  /** Brings all rows of a thread into `events`, MAX_STEP_ROWS in a transaction: before something goes through them that changes many. */
  async settle(threadId: string, signal?: AbortSignal): Promise<void> {
    const head = this.head(threadId);
    while (head && !signal?.aborted && this.recent.rows.hasRecent(head.threadKey)) {
      await this.transact(threadId, (transaction) => transaction.settle(MAX_STEP_ROWS), { waits: true });
    }
  }

  get isFull(): boolean {
    return this.bytes >= this.settings.MAX_PENDING_BYTES;
  }

  /**
   * Whether the database can write. SQLite does not notice when its file is deleted or moved, so this looks for itself,
   * unless it has within the last `maxAgeMs`; while a fault is known the retries look.
   */
  isWritable(maxAgeMs = 0): boolean {
    const now = performance.now();
    if (!this.health.writable || now - this.lookedAt < maxAgeMs) return this.health.writable;
    this.lookedAt = now;
    const fault = this.database.fileFault();
    if (fault) this.hold([], fault);
    return this.health.writable;
  }

  /** Writes what is pending at once, as far as the database can, and stops trying again by itself. */
  close(): void {
    this.recent.onModuleDestroy();
    this.flush();
    if (this.retryTimer) clearTimeout(this.retryTimer);
    this.retryTimer = null;
  }

  private enqueue(unit: FlushUnit): void {
    const now = Date.now();
    if (this.pending.length === 0) this.pendingSince = now;
    this.pending.push(unit);
    this.bytes += unit.bytes;
    if (this.retryTimer) return;
    if (now - this.pendingSince >= this.settings.MAX_COMMIT_DELAY_MS) {
      // Many graphs have much to do in one turn. Not at once: the caller may be inside a transaction of its own.
      this.pendingSince = Number.POSITIVE_INFINITY;
      queueMicrotask(this.flushNow);
    } else if (!this.flushIsDue) {
      this.flushIsDue = true;
      setImmediate(this.flushTurn);
    }
  }

  private flush(): void {
    const units = this.pending;
    if (units.length === 0) return;
    this.pending = [];
    const fault = this.health.writable ? null : this.database.fileFault();
    if (fault) return this.hold(units, fault);
    let committed: Committed;
    try {
      committed = this.commit.immediate(units);
    } catch (error) {
      if (isStorageTrouble(error)) this.hold(units, error as Error);
      else this.flushOneByOne(units);
      return;
    }
    // Outside of the try: what is committed must never be taken for refused and written again.
    this.conclude(units, committed);
  }

  /** Called inside `BEGIN IMMEDIATE`: one head row read and written per thread, however many units. */
  private runUnits(units: readonly FlushUnit[]): Committed {
    const transactions = new Map<string, ThreadTransaction>();
    const scattered = isScattered(units);
    const values: unknown[] = [];
    let transaction: ThreadTransaction | undefined;
    for (const { threadId, drafts, work } of units) {
      if (transaction?.threadId !== threadId) transaction = transactions.get(threadId);
      if (!transaction) {
        transaction = new ThreadTransaction(this.database.handle, threadId, this.heads, this.recent.rows, scattered);
        transactions.set(threadId, transaction);
      }
      for (const draft of drafts) transaction.append(draft);
      values.push(work?.(transaction));
    }
    for (const each of transactions.values()) each.finish();
    return { values, transactions: [...transactions.values()], isScattered: scattered };
  }

  /** After a flush failed on its data: each unit in a commit of its own, so that only the guilty one fails. */
  private flushOneByOne(units: readonly FlushUnit[]): void {
    for (const [index, unit] of units.entries()) {
      let committed: Committed;
      try {
        committed = this.commit.immediate([unit]);
      } catch (error) {
        if (isStorageTrouble(error)) return this.hold(units.slice(index), error as Error);
        this.bytes -= unit.bytes;
        unit.reject(error);
        continue;
      }
      this.conclude([unit], committed);
    }
    this.announceRoom();
  }

  private conclude(units: readonly FlushUnit[], committed: Committed): void {
    if (!this.health.writable) this.health.recovered();
    let rows = 0;
    // All of them before any is published: who is told of one thread may look at another.
    for (const transaction of committed.transactions) transaction.committed();
    for (const { threadId, events } of committed.transactions) {
      rows += events.length;
      if (events.length > 0 && this.subjects.hasListeners(threadId)) {
        this.subjects.publish(threadId, new EventBatch(events, (events.at(-1) as { seq: number }).seq));
      }
    }
    if (committed.isScattered) this.recent.added(rows);
    units.forEach((unit, index) => {
      this.bytes -= unit.bytes;
      unit.resolve?.(committed.values[index]);
    });
    this.announceRoom();
  }

  private hold(units: readonly FlushUnit[], error: Error): void {
    this.health.failed(error);
    for (const unit of units.filter(({ waits }) => !waits)) unit.reject(new StorageUnavailableError(error));
    this.pending = [...units.filter(({ waits }) => waits), ...this.pending];
    if (this.retryTimer) clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      this.flush();
      this.probe();
    }, this.settings.STORAGE_RETRY_MS);
  }

  private probe(): void {
    if (this.health.writable || this.pending.length > 0) return;
    try {
      const fault = this.database.fileFault();
      if (fault) throw fault;
      this.writeProbe.immediate();
      this.health.recovered();
    } catch (error) {
      this.hold([], error as Error);
    }
  }

  private announceRoom(): void {
    if (this.roomListeners.length === 0 || this.isFull) return;
    const listeners = this.roomListeners;
    this.roomListeners = [];
    for (const listener of listeners) listener();
  }
}
