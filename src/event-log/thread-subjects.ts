import { Injectable } from '@nestjs/common';
import { Observable, Subject } from 'rxjs';
import type { EventBatch } from './event-batch.js';

/** One RxJS subject per thread that somebody listens to; it goes with its last listener. */
@Injectable()
export class ThreadSubjects {
  private readonly subjects = new Map<string, { subject: Subject<EventBatch>; listeners: number }>();

  /** The committed batches of a thread from now on. Emits synchronously, in commit order; never errors. */
  live(threadId: string): Observable<EventBatch> {
    return new Observable((subscriber) => {
      let entry = this.subjects.get(threadId);
      if (!entry) this.subjects.set(threadId, (entry = { subject: new Subject(), listeners: 0 }));
      const held = entry;
      held.listeners += 1;
      const subscription = held.subject.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        held.listeners -= 1;
        if (held.listeners === 0) this.subjects.delete(threadId);
      };
    });
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
