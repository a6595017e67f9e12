import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** What a stream lets the server do to it. */
interface OpenStream {
  heartbeat(): void;
  cut(): void;
}

/** Every open stream of the process: one timer beats for all of them, and a shutdown cuts them. */
@Injectable()
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly streams = new Set<OpenStream>();
  private timer: NodeJS.Timeout | null = null;
  private stopping = false;

  constructor(private readonly settings: Settings) {}

  /** Holds the stream until the returned function is called. During a shutdown it is cut at once. */
  add(stream: OpenStream): () => void {
    if (this.stopping) stream.cut();
    this.streams.add(stream);
    this.timer ??= setInterval(() => this.beat(), this.settings.HEARTBEAT_INTERVAL_MS);
    return () => {
      this.streams.delete(stream);
      if (this.streams.size === 0 && this.timer) {
        clearInterval(this.timer);
        this.timer = null;
      }
    };
  }

  get count(): number {
    return this.streams.size;
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    if (this.timer) clearInterval(this.timer);
    for (const stream of this.streams) stream.cut();
  }

  private beat(): void {
    for (const stream of this.streams) stream.heartbeat();
  }
}
