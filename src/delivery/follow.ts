import type { Awaitable } from '../storage/awaitable.js';

/** Frames as one transport writes them. */
export interface Chunk {
  readonly byteLength: number;
}

/** One bounded read of the log: a chunk of frames (null when nothing matched) and the last seq considered. */
export interface ReadResult<C extends Chunk> {
  readonly chunk: C | null;
  readonly through: number;
}

/** A batch that was just committed. `chunk` is null when the reader's filter matches nothing in it. */
export interface LiveBatch<C extends Chunk> {
  readonly lastSeq: number;
  readonly chunk: C | null;
  /** What it brings cannot be told in this tick: the reader leaves live and reads the log. */
  readonly isDeferred?: true;
}

/** A reader's view of one thread's log. All calls but the callback of `live` happen in the reader's own time. */
export interface FollowSource<C extends Chunk> {
  /** The newest committed seq. */
  head(): number;
  /** Reads above `after`, about `maxBytes` and at least one event, not beyond `head()`. */
  read(after: number, maxBytes: number): Awaitable<ReadResult<C>>;
  /**
   * Calls back with every batch committed from now on, in the tick of its commit. Returns the way to stop.
   * @param failed told instead, once, when a batch could not be made into a chunk or `listener` has thrown
   */
  live(listener: (batch: LiveBatch<C>) => void, failed: (error: unknown) => void): () => void;
}

/** Where frames go. */
export interface FollowSink<C extends Chunk> {
  /** Bytes that may be written now; 0 or less once the reader's buffer is over its limit. */
  room(): number;
  write(chunk: C): void;
  /** Resolves when there is room again, or the reader has gone. Takes at least one turn of the loop. */
  drained(): Promise<void>;
  readonly closed: boolean;
  /** Calls back once when the reader goes. Returns the way to take that back. */
  onClose(listener: () => void): () => void;
}

/**
 * Catch-up, then live: gives the sink everything above `cursor`, once, in seq order, until it closes.
 *
 * The cursor is the last seq considered, not the last sent. Nothing is queued while catching up: pages are read up to
 * the head, and when the cursor equals the head the reader goes live in that same tick. A reader without room leaves
 * live with its cursor where it was and reads the log once it has drained; that is how a slow reader costs no more
 * than its own buffer.
 *
 * @param onProgress is told the cursor whenever it moves
 * @throws whatever the source or the sink throws; nothing is left behind then
 */
export async function follow<C extends Chunk>(
  source: FollowSource<C>,
  sink: FollowSink<C>,
  cursor: number,
  onProgress: (cursor: number) => void = () => undefined,
): Promise<void> {
  while (!sink.closed) {
    if (cursor < source.head()) {
      const reading = source.read(cursor, sink.room());
      // Awaited only where it has to be: a page that is there is written in this tick.
      const { chunk, through } = reading instanceof Promise ? await reading : reading;
      if (sink.closed) return;
      cursor = through;
      if (chunk) sink.write(chunk);
      onProgress(cursor);
      if (cursor < source.head()) await sink.drained();
    } else {
      cursor = await followLive(source, sink, cursor, onProgress);
      if (!sink.closed) await sink.drained();
    }
  }
}

/** Stays live until a batch finds no room. Resolves with the cursor from which catch-up goes on. */
function followLive<C extends Chunk>(
  source: FollowSource<C>,
  sink: FollowSink<C>,
  start: number,
  onProgress: (cursor: number) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let cursor = start;
    const leave = (): void => {
      stop();
      forget();
      resolve(cursor);
    };
    const forget = sink.onClose(leave);
    const stop = source.live(({ lastSeq, chunk, isDeferred }) => {
      if (isDeferred) return leave();
      if (chunk && chunk.byteLength > sink.room()) return leave();
      cursor = lastSeq;
      if (chunk) sink.write(chunk);
      onProgress(cursor);
    }, (error) => {
      forget();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}
