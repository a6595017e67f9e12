import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import type { Caller } from '../../auth/caller.js';
import { Ownership } from '../../auth/ownership.js';
import { isThreadId, THREAD_ID_RULE } from '../../protocol/thread-id.js';
import { StreamingAvailability } from '../../threads/streaming-availability.js';
import { ThreadStorage } from '../../storage/thread-storage.js';
import { type Awaitable, whenReady } from '../../storage/awaitable.js';
import type { Chunk, FollowSource, ReadResult } from '../../delivery/follow.js';

/** Who may open a stream on a thread, whatever the transport. A thread that does not exist yet is anybody's. */
@Injectable()
export class StreamAdmission {
  constructor(
    private readonly availability: StreamingAvailability,
    private readonly threads: ThreadStorage,
    private readonly ownership: Ownership,
  ) {}

  /**
   * @throws HttpException: 422 for a malformed thread id, 503 when streaming cannot be served, 404 for another's thread
   */
  async assert(threadId: string, caller: Caller): Promise<void> {
    if (!isThreadId(threadId)) throw new UnprocessableEntityException(`A thread id is ${THREAD_ID_RULE}`);
    await this.availability.assert(threadId);
    const thread = await this.threads.ownerOf(threadId);
    if (thread) this.ownership.assert(thread, caller, `Thread ${threadId}`);
  }

  /**
   * Whether the thread is the caller's, or does not exist yet: it may have become another's since a stream was opened.
   */
  isOpenTo(threadId: string, caller: Caller): Awaitable<boolean> {
    return whenReady(
      this.threads.ownerOf(threadId),
      (thread) => thread === null || this.ownership.mayAccess(thread.owner, caller),
    );
  }

  /** The stream as the list of open streams holds it: at its heartbeat it goes if the thread has become another's. */
  guardedBeat<S extends { heartbeat(): void; cut(): void }>(
    stream: S,
    threadId: string,
    caller: Caller,
    onLost: () => void,
  ): Pick<S, 'heartbeat' | 'cut'> {
    return {
      heartbeat: () => {
        const beat = (isOpen: boolean): void => (isOpen ? stream.heartbeat() : onLost());
        // What cannot be read now is asked at the next beat.
        void Promise.resolve(whenReady(this.isOpenTo(threadId, caller), beat)).catch(() => undefined);
      },
      cut: () => stream.cut(),
    };
  }

  /**
   * The same view for a stream that was opened before its thread existed: nothing is read from it once another owner
   * has made the thread.
   * @param onLost called then, instead of anything being sent
   */
  guard<C extends Chunk>(
    source: FollowSource<C>,
    threadId: string,
    caller: Caller,
    onLost: () => void,
  ): FollowSource<C> {
    let known = false;
    const isOurs = (): Awaitable<boolean> =>
      known ||
      whenReady(this.threads.ownerOf(threadId), (thread) => {
        known = thread !== null && this.ownership.mayAccess(thread.owner, caller);
        return known || thread === null;
      });
    const lost = (): ReadResult<C> => {
      onLost();
      return { chunk: null, through: source.head() };
    };
    return {
      head: () => source.head(),
      read: (after, maxBytes) => whenReady(isOurs(), (ours) => (ours ? source.read(after, maxBytes) : lost())),
      live: (listener, failed) => source.live((batch) => {
        const ours = isOurs();
        if (ours instanceof Promise) listener({ lastSeq: batch.lastSeq, chunk: null, isDeferred: true });
        else if (ours) listener(batch);
        else onLost();
      }, failed),
    };
  }
}
