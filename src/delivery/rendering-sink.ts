import type { Chunk, FollowSink } from './follow.js';

/** Rows that become frames when they are written, not before: a projection can take a row only once. */
export interface PendingFrames extends Chunk {
  render(): Buffer | null;
}

/** Makes the frames at the moment at which they are written. */
export class RenderingSink implements FollowSink<PendingFrames> {
  private isFinished = false;
  private readonly finishers = new Set<() => void>();

  constructor(private readonly sink: FollowSink<Uint8Array>) {}

  get closed(): boolean {
    return this.isFinished || this.sink.closed;
  }

  room(): number {
    return this.sink.room();
  }

  write(chunk: PendingFrames): void {
    const frames = chunk.render();
    if (frames) this.sink.write(frames);
  }

  drained(): Promise<void> {
    return this.sink.drained();
  }

  onClose(listener: () => void): () => void {
    this.finishers.add(listener);
    const forget = this.sink.onClose(listener);
    return () => {
      this.finishers.delete(listener);
      forget();
    };
  }

  /** Nothing is written any more, though the reader is still there: whoever follows for this sink stops. */
  finish(): void {
    this.isFinished = true;
    for (const listener of [...this.finishers]) listener();
  }
}
