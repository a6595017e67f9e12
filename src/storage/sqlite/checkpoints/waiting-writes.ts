import { StorageUnavailableError, isStorageTrouble } from '../../storage-errors.js';
import { WriteHealth } from '../../write-health.js';

interface Waiting {
  /** @throws the database's error */
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Writes that wait, in order, while the storage is in trouble (full, busy, I/O error), and are tried again every
 * `retryMs` until they are done. `health` says meanwhile that nothing can be written.
 */
export class WaitingWrites {
  readonly health = new WriteHealth();
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | null = null;
  private isClosed = false;

  /** @param probe writes something that is nobody's, to find out that there is room again; throws when there is none */
  constructor(private readonly probe: () => void, private readonly retryMs: number) {}

  /** Writes at once, or not at all. @throws the database's error */
  now(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (isStorageTrouble(error)) this.failed(error as Error);
      throw error;
    }
    this.recovered();
  }

  /**
   * Writes at once, or as soon as the storage can, behind what waits already.
   * @param signal ends the wait
   * @throws StorageUnavailableError when the wait was ended, by the signal or by `close`; the database's error for bad
   *   data
   */
  async whenPossible(write: () => void, signal?: AbortSignal): Promise<void> {
    if (this.waiting.length > 0) return this.wait(write, signal);
    try {
      this.now(write);
    } catch (error) {
      if (!isStorageTrouble(error)) throw error;
      return this.wait(write, signal);
    }
  }

  /** Ends every wait; nothing waits afterwards. */
  close(): void {
    this.isClosed = true;
    for (const { reject } of this.waiting.splice(0)) reject(new StorageUnavailableError(this.health.reason));
    if (this.timer) clearTimeout(this.timer);
  }

  private wait(write: () => void, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.waiting = this.waiting.filter((other) => other !== one);
        reject(new StorageUnavailableError(this.health.reason));
      };
      const forget = (): void => signal?.removeEventListener('abort', giveUp);
      const one: Waiting = {
        write,
        resolve: () => {
          forget();
          resolve();
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      if (this.isClosed || signal?.aborted) return giveUp();
      signal?.addEventListener('abort', giveUp, { once: true });
      this.waiting.push(one);
    });
  }

  private retry(): void {
    this.timer = null;
    try {
      if (this.waiting.length === 0) this.probe();
      for (let next = this.waiting[0]; next; next = this.waiting[0]) {
        this.done(next);
        this.waiting.shift();
      }
    } catch (error) {
      return this.failed(error as Error);
    }
    this.recovered();
  }

  /** @throws storage trouble; what is wrong with the data is told to whoever wrote it */
  private done({ write, resolve, reject }: Waiting): void {
    try {
      write();
    } catch (error) {
      if (isStorageTrouble(error)) throw error;
      return reject(error as Error);
    }
    resolve();
  }

  private failed(error: Error): void {
    this.health.failed(error);
    if (!this.isClosed) this.timer ??= setTimeout(() => this.retry(), this.retryMs);
  }

  private recovered(): void {
    if (this.health.writable || this.waiting.length > 0) return;
    this.health.recovered();
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
