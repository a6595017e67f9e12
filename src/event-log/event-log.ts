import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { Awaitable } from '../storage/awaitable.js';
import type { Committed } from '../storage/log/commit-unit.js';
import type { EventDraft } from '../storage/log/event-draft.js';
import { LogStorage } from '../storage/log/log-storage.js';
import { StorageUnavailableError, isStorageTrouble } from '../storage/storage-errors.js';
import { SEQ_BEFORE_FIRST, type ThreadHead } from '../storage/log/thread-head.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import { EventBatch } from './event-batch.js';
import { type FlushUnit, bytesOf } from './flush-unit.js';
import { ThreadSubjects } from './thread-subjects.js';
import { WriteHealth } from '../storage/write-health.js';

const NO_DRAFTS: readonly EventDraft[] = [];
/**
 * Milliseconds for which a look at the files is good enough for a command: it is a dozen microseconds of system calls.
 */
const RECENT_LOOK_MS = 20;

/**
 * The log's writer. All that is pending, for all threads, goes into one short transaction as soon as the loop turns, or
 * sooner when a turn is long (MAX_COMMIT_DELAY_MS); what it committed is published in the tick that knows of the
 * commit, so no reader can see a row before it was published, or miss one. While an engine that answers later commits,
 * the next flush gathers.
 */
@Injectable()
export class EventLog {
  private pending: FlushUnit[] = [];
  private bytes = 0;
  private flushIsDue = false;
  private isCommitting = false;
  /** Units of a flush that was refused on its data: each goes into a commit of its own. */
  private alone: FlushUnit[] = [];
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
    private readonly storage: LogStorage,
    private readonly subjects: ThreadSubjects,
    private readonly health: WriteHealth,
    private readonly settings: Settings,
  ) {}

  /**
   * Appends events of one thread, in order, in one commit. While the database cannot write they wait.
   * @throws the database's error when the data is refused; nothing of the call is stored then.
   */
  append(threadId: string, drafts: readonly EventDraft[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.enqueue({
        threadId,
        bytes: bytesOf(drafts),
        waits: true,
        drafts,
        work: null,
        resolve: () => resolve(),
        reject,
      });
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
   * Runs `work` in the next flush: what it changes and its events commit together. It is synchronous, changes nothing
   * but its unit, and may run again after a rollback. With `waits: false` (commands) it is refused while the database
   * cannot write.
   * @throws StorageUnavailableError; whatever `work` throws, having changed nothing.
   */
  transact<T>(threadId: string, work: (unit: ThreadUnit) => T, { waits }: { waits: boolean }): Promise<T> {
    if (!waits && !this.isWritable(RECENT_LOOK_MS))
      return Promise.reject(new StorageUnavailableError(this.health.reason));
    return new Promise((resolve, reject) => {
      this.enqueue({
        threadId,
        bytes: 0,
        waits,
        drafts: NO_DRAFTS,
        work,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
    });
  }

  /** The thread's head row as committed, or null when nothing was ever stored for it. */
  head(threadId: string): Readonly<ThreadHead> | null {
    return this.storage.head(threadId);
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

  get isFull(): boolean {
    return this.bytes >= this.settings.MAX_PENDING_BYTES;
  }

  /**
   * Whether the database can write. An engine may not notice when its files are deleted or moved, so this asks it to
   * look, unless it has within the last `maxAgeMs`; while a fault is known the retries look.
   */
  isWritable(maxAgeMs = 0): boolean {
    const now = performance.now();
    if (!this.health.writable || now - this.lookedAt < maxAgeMs) return this.health.writable;
    this.lookedAt = now;
    const fault = this.storage.fault();
    if (fault) this.hold([], fault);
    return this.health.writable;
  }

  /** Writes what is pending at once, as far as the database can, and stops trying again by itself. */
  close(): void {
    this.storage.close();
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
    if (this.isCommitting) return;
    const units = this.pending;
    this.pending = [];
    if (units.length === 0) return;
    const fault = this.health.writable ? null : this.storage.fault();
    if (fault) this.hold(units, fault);
    else this.commit(units);
  }

  private commit(units: readonly FlushUnit[]): void {
    let committed: Awaitable<Committed>;
    try {
      committed = this.storage.commit(units);
    } catch (error) {
      this.refused(units, error);
      return;
    }
    // Outside of the try: what is committed must never be taken for refused and written again.
    if (!(committed instanceof Promise)) return this.conclude(units, committed);
    this.isCommitting = true;
    void committed
      .then((answer) => this.conclude(units, answer), (error: unknown) => this.refused(units, error))
      .finally(() => this.goOn());
  }

  /** After a commit that was answered later: what was gathered meanwhile is due. */
  private goOn(): void {
    this.isCommitting = false;
    this.commitAlone();
    if (!this.isCommitting && !this.retryTimer) this.flush();
  }

  /** After a flush failed on its data each unit gets a commit of its own, so that only the guilty one fails. */
  private refused(units: readonly FlushUnit[], error: unknown): void {
    const [unit] = units;
    if (isStorageTrouble(error)) {
      this.hold([...units, ...this.alone.splice(0)], error as Error);
    } else if (units.length > 1) {
      this.alone = [...units];
      if (!this.isCommitting) this.commitAlone();
    } else if (unit) {
      this.bytes -= unit.bytes;
      unit.reject(error);
      this.announceRoom();
    }
  }

  private commitAlone(): void {
    while (!this.isCommitting) {
      const unit = this.alone.shift();
      if (!unit) return;
      this.commit([unit]);
    }
  }

  private conclude(units: readonly FlushUnit[], { values, threads }: Committed): void {
    if (!this.health.writable) this.health.recovered();
    for (const { threadId, events } of threads) {
      if (events.length > 0 && this.subjects.hasListeners(threadId)) {
        this.subjects.publish(threadId, new EventBatch(events, (events.at(-1) as { seq: number }).seq));
      }
    }
    units.forEach((unit, index) => {
      this.bytes -= unit.bytes;
      unit.resolve?.(values[index]);
    });
    this.announceRoom();
  }

  private hold(units: readonly FlushUnit[], error: Error): void {
    this.health.failed(error);
    for (const unit of units) {
      if (unit.waits) continue;
      this.bytes -= unit.bytes;
      unit.reject(new StorageUnavailableError(error));
    }
    this.pending = [...units.filter(({ waits }) => waits), ...this.pending];
    if (this.retryTimer) clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      this.flush();
      void this.probe();
    }, this.settings.STORAGE_RETRY_MS);
  }

  private async probe(): Promise<void> {
    if (this.health.writable || this.pending.length > 0 || this.isCommitting) return;
    try {
      const fault = this.storage.fault();
      if (fault) throw fault;
      await this.storage.probe();
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
