import type { WebSocket } from 'ws';
import type { FollowSink } from '../../../delivery/follow.js';
import type { FrameList } from './ws-frame.js';

/** Close code that tells a client to connect again: the server restarts (RFC 6455 registry). */
const SERVICE_RESTART = 1012;

/** 4000 and the HTTP status: a client does not try again. */
const NOT_FOUND = 4404;

/** Writes frames to one WebSocket and tells how much of them still waits in it. */
export class WsSink implements FollowSink<FrameList> {
  private answered = true;

  /** @param limit bytes that may wait before the reader has to read the log (MAX_SUBSCRIBER_BUFFER_BYTES). */
  constructor(private readonly socket: WebSocket, private readonly limit: number) {
    socket.on('pong', () => {
      this.answered = true;
    });
  }

  get closed(): boolean {
    return this.socket.readyState !== this.socket.OPEN;
  }

  room(): number {
    return this.limit - this.socket.bufferedAmount;
  }

  write({ frames }: FrameList): void {
    for (const frame of frames) this.socket.send(frame, { binary: false });
  }

  onClose(listener: () => void): () => void {
    this.socket.once('close', listener);
    return () => void this.socket.off('close', listener);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed || this.socket.bufferedAmount === 0) return void setImmediate(resolve);
      const forget = this.onClose(resolve);
      // Frames leave in order, so the ping is out once all that waits before it is.
      this.socket.ping(undefined, undefined, () => {
        forget();
        resolve();
      });
    });
  }

  /** A peer that did not answer the last ping is gone, whatever its TCP connection says. */
  heartbeat(): void {
    if (this.closed) return;
    // While nothing is read, no pong is.
    if (this.socket.isPaused) {
      this.answered = true;
      return;
    }
    if (!this.answered && this.socket.bufferedAmount === 0) return this.socket.terminate();
    this.answered = false;
    this.socket.ping();
  }

  /** Closes with the code that makes every client connect again. */
  cut(reason = 'the server is restarting'): void {
    this.close(SERVICE_RESTART, reason);
  }

  /** The thread turned out to be another's: coming back is of no use. */
  refuse(): void {
    this.close(NOT_FOUND, 'thread not found');
  }

  private close(code: number, reason: string): void {
    this.socket.close(code, reason);
    // The peer's own close frame has to be read.
    this.socket.resume();
  }
}
