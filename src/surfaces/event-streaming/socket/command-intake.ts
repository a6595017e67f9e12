import type { WebSocket } from 'ws';
import type { WsSink } from './ws-sink.js';

/** What an intake asks of the socket that it belongs to. */
export interface CommandIntakeOptions {
  /** Commands that may be in hand at once (MAX_SOCKET_PENDING_COMMANDS). */
  readonly maxPending: number;
  /** Bytes that they may have together (MAX_BODY_BYTES); one command may have more. */
  readonly maxPendingLength: number;
  /** Carries out one frame and sends its answer; null stands for a binary frame. Never rejects. */
  readonly answer: (frame: Buffer | null) => Promise<void>;
}

/**
 * Takes the frames of one WebSocket. A slow command does not hold up the next one; but while the answers and events
 * that were sent wait for the peer (MAX_SUBSCRIBER_BUFFER_BYTES), or too many commands are in hand, nothing more is
 * begun and nothing more is read: it is the peer that waits, not the server's memory.
 */
export class CommandIntake {
  /** Frames that had been read when the socket was paused: no more than one read of a socket gives. */
  private readonly unread: (Buffer | null)[] = [];
  private pending = 0;
  private pendingLength = 0;
  private isAtWork = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly sink: WsSink,
    private readonly options: CommandIntakeOptions,
  ) {
    socket.on('message', (data: Buffer, isBinary) => {
      if (sink.closed) return;
      this.unread.push(isBinary ? null : data);
      void this.work();
    });
    // Each is answered by a pong, which waits for the peer like everything else.
    socket.on('ping', () => {
      if (sink.room() <= 0) void this.work();
    });
  }

  private get isFull(): boolean {
    return this.pending >= this.options.maxPending || this.pendingLength >= this.options.maxPendingLength;
  }

  private async work(): Promise<void> {
    if (this.isAtWork) return;
    this.isAtWork = true;
    while (!this.sink.closed && !this.isFull) {
      if (this.sink.room() <= 0) {
        this.socket.pause();
        // Once is enough: a replay may take the room again and again, and commands must get their turn.
        await this.sink.drained();
      }
      const frame = this.unread.shift();
      if (frame === undefined) break;
      if (!this.sink.closed) void this.begin(frame);
    }
    this.isAtWork = false;
    if (this.isFull && !this.sink.closed) this.socket.pause();
    else if (this.socket.isPaused) this.socket.resume();
  }

  private async begin(frame: Buffer | null): Promise<void> {
    const length = frame?.length ?? 0;
    this.pending += 1;
    this.pendingLength += length;
    await this.options.answer(frame);
    this.pending -= 1;
    this.pendingLength -= length;
    void this.work();
  }
}
