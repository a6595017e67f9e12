import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { EventBatch } from './event-batch.js';

/** One RxJS subject per thread that somebody listens to; it goes with its last listener. */
@Injectable()
export class ThreadSubjects {
  private readonly subjects = new Map<string, { subject: Subject<EventBatch>; listeners: number }>();

  /**
   * Gives the listener the committed batches of a thread from now on: synchronously, in commit order.
   * @param failed told what the listener has thrown; it gets nothing more then. An error that left the listener would
   *   be nobody's, and end the process with everybody else's streams and runs.
   * @returns the way to stop, safe to call again
   */
  listen(threadId: string, listener: (batch: EventBatch) => void, failed: (error: unknown) => void): () => void {
    let entry = this.subjects.get(threadId);
    if (!entry) this.subjects.set(threadId, (entry = { subject: new Subject(), listeners: 0 }));
    const held = entry;
    held.listeners += 1;
    const subscription = held.subject.subscribe((batch) => {
      try {
        listener(batch);
      } catch (error) {
        stop();
        failed(error);
      }
    });
    const stop = (): void => {
      if (subscription.closed) return;
      subscription.unsubscribe();
      held.listeners -= 1;
      if (held.listeners === 0) this.subjects.delete(threadId);
    };
    return stop;
  }

  /** Hands a committed batch to whoever listens. */
  publish(threadId: string, batch: EventBatch): void {
    this.subjects.get(threadId)?.subject.next(batch);
  }

  hasListeners(threadId: string): boolean {
    return this.subjects.has(threadId);
  }

  get listenedThreads(): number {
    return this.subjects.size;
  }
}
