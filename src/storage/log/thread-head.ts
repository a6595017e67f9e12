/** The head row of a thread: where its log stands. It outlives the thread, so that seq never starts again. */
export interface ThreadHead {
  /** The number under which events are stored. */
  readonly threadKey: number;
  readonly threadId: string;
  lastSeq: number;
  /** Epoch ms of the newest event. */
  lastTimestamp: number;
  /** First seq that a stream without cursor replays. */
  replayFromSeq: number;
  /** First seq that retention has not reached; of what was below it only the snapshot is left. */
  oldestSeq: number;
  /** Up to here compaction may have removed events. */
  compactedThroughSeq: number;
  /** Runs that are active or queued. */
  openRuns: number;
  openInterrupts: number;
  /** Epoch ms at which the newest run was accepted. */
  lastAcceptedAt: number;
}

/** Before the first event: a counter that starts at 1 makes the first event seq 2 (docs/event-stream.md, seq). */
export const SEQ_BEFORE_FIRST = 1;

/** The newest seq that belongs to no unfinished run: neither retention nor compaction goes beyond it. */
export function finishedThrough(head: ThreadHead): number {
  const unfinished = head.openRuns > 0 || head.openInterrupts > 0;
  return unfinished ? head.replayFromSeq - 1 : head.lastSeq;
}

/** The head of a thread of which nothing is stored yet; the engine gives it its key when it stores it. */
export function newHead(threadId: string): ThreadHead {
  return {
    threadKey: 0, threadId, lastSeq: SEQ_BEFORE_FIRST, lastTimestamp: 0, replayFromSeq: SEQ_BEFORE_FIRST + 1,
    oldestSeq: SEQ_BEFORE_FIRST + 1, compactedThroughSeq: 0, openRuns: 0, openInterrupts: 0, lastAcceptedAt: 0,
  };
}
