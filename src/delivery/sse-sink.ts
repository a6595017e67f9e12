import type { ServerResponse } from 'node:http';
import type { FollowSink } from './follow.js';

const CRLF = '\r\n';
/** Chunks as they go over the wire; made once for all readers of a chunk. */
const framed = new WeakMap<Uint8Array, Buffer>();

/** The bytes in a chunk of HTTP's chunked encoding (RFC 9112, 7.1). */
function inHttpChunk(bytes: Uint8Array): Buffer {
  let chunk = framed.get(bytes);
  if (!chunk) {
    chunk = Buffer.concat([Buffer.from(bytes.byteLength.toString(16) + CRLF), bytes, Buffer.from(CRLF)]);
    framed.set(bytes, chunk);
  }
  return chunk;
}

/** Writes frames to one HTTP response and tells how much of them still waits in it. */
export class SseSink implements FollowSink<Uint8Array> {
  private gone: boolean;

  /**
   * @param limit bytes that may wait in the response before the reader has to read the log
   *   (MAX_SUBSCRIBER_BUFFER_BYTES).
   */
  constructor(private readonly response: ServerResponse, private readonly limit: number) {
    // A client that left while its request was read has closed the response already, and that is not said twice.
    this.gone = response.destroyed;
    response.once('close', () => {
      this.gone = true;
    });
  }

  get closed(): boolean {
    return this.gone;
  }

  room(): number {
    return this.limit - this.response.writableLength;
  }

  /**
   * Straight into the socket: framed by the response, a chunk is three writes and an allocation for each of them, again
   * for every reader. A response that has no socket yet, or must not be chunked (HTTP/1.0), gets it the long way.
   */
  write(chunk: Uint8Array): void {
    // An empty chunk is how the encoding says that the response has ended.
    if (chunk.byteLength === 0) return;
    const { socket, chunkedEncoding, headersSent } = this.response;
    if (socket && chunkedEncoding && headersSent) socket.write(inHttpChunk(chunk));
    else this.response.write(chunk);
  }

  onClose(listener: () => void): () => void {
    this.response.once('close', listener);
    return () => void this.response.off('close', listener);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      const { socket } = this.response;
      if (this.gone || !(this.response.writableNeedDrain || socket?.writableNeedDrain))
        return void setImmediate(resolve);
      const done = (): void => {
        socket?.off('drain', done);
        this.response.off('drain', done);
        this.response.off('close', done);
        resolve();
      };
      socket?.once('drain', done);
      this.response.once('drain', done);
      this.response.once('close', done);
    });
  }

  /** A comment keeps proxies and clients' watchdogs content; skipped while frames wait, they do the same. */
  heartbeat(): void {
    if (!this.gone && this.response.writableLength === 0) this.response.write(': heartbeat\n\n');
  }

  /** Ends the response as a whole one; for surfaces whose streams have an end. Nothing may be written after it. */
  end(last = ''): void {
    if (this.gone) return;
    this.gone = true;
    this.response.end(last);
  }

  /** Cuts the socket without the closing chunk, so that every client sees a failure and reconnects. */
  cut(): void {
    this.response.destroy();
  }
}
