import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** What a stream lets the server do to it. */
interface OpenStream {
  heartbeat(): void;
  cut(): void;
}

/** The streams of one rhythm. */
interface Beat {
  readonly streams: Set<OpenStream>;
  readonly timer: NodeJS.Timeout;
}

/** Every open stream of the process: one timer per interval beats for all that share it, and a shutdown cuts them. */
@Injectable()
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly beats = new Map<number, Beat>();
  private stopping = false;

  constructor(private readonly settings: Settings) {}

  /**
   * Holds the stream until the returned function is called. During a shutdown it is cut at once.
   * @param intervalMs milliseconds between two heartbeats, HEARTBEAT_INTERVAL_MS unless given
   */
  add(stream: OpenStream, intervalMs = this.settings.HEARTBEAT_INTERVAL_MS): () => void {
    if (this.stopping) stream.cut();
    const { streams, timer } = this.beatOf(intervalMs);
    streams.add(stream);
    return () => {
      streams.delete(stream);
      if (streams.size > 0 || this.beats.get(intervalMs)?.streams !== streams) return;
      clearInterval(timer);
      this.beats.delete(intervalMs);
    };
  }

  get count(): number {
    return [...this.beats.values()].reduce((sum, { streams }) => sum + streams.size, 0);
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    for (const { streams, timer } of [...this.beats.values()]) {
      clearInterval(timer);
      for (const stream of streams) stream.cut();
    }
  }

  private beatOf(intervalMs: number): Beat {
    const known = this.beats.get(intervalMs);
    if (known) return known;
    const streams = new Set<OpenStream>();
    const beat = { streams, timer: setInterval(() => streams.forEach((stream) => stream.heartbeat()), intervalMs) };
    this.beats.set(intervalMs, beat);
    return beat;
  }
}
