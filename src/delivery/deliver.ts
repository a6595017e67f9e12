import { Logger } from '@nestjs/common';
import { CursorLostError } from './cursor-lost-error.js';
import { type Chunk, type FollowSink, type FollowSource, follow } from './follow.js';

/** Which stream it is, for whoever reads the log of the server. */
export interface StreamIds {
  readonly threadId: string;
  /** The id of the request that opened it. */
  readonly streamId: string;
}

/** A stream as it is opened. */
export interface Delivery<C extends Chunk> {
  readonly source: FollowSource<C>;
  readonly sink: FollowSink<C>;
  /** The last seq that the reader has. */
  readonly cursor: number;
  readonly ids: StreamIds;
  /** Ends the connection in a way that makes the client come back. */
  readonly cut: (error: unknown) => void;
  /** Told the cursor whenever it moves. */
  readonly onProgress?: (cursor: number) => void;
}

const logger = new Logger('Delivery');

/** Follows the log for one reader, as every surface that streams does it. What fails is this stream and no other. */
export async function deliver<C extends Chunk>({
  source,
  sink,
  cursor,
  ids,
  cut,
  onProgress,
}: Delivery<C>): Promise<void> {
  try {
    await follow(source, sink, cursor, onProgress);
  } catch (error) {
    logCut(ids, error);
    cut(error);
  }
}

/** Says why a stream was cut. That events were removed before it read them is the client's news, not the operator's. */
export function logCut({ threadId, streamId }: StreamIds, error: unknown): void {
  const fields = { thread_id: threadId, stream_id: streamId, err: error };
  if (error instanceof CursorLostError) logger.debug(fields, 'a stream is cut');
  else logger.error(fields, 'a stream is cut');
}
