import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock } from '../../src/clock/clock.js';

interface Waiting {
  readonly at: number;
  readonly wake: () => void;
}

/** The time of a server in this process, as the test says it: nobody waits for it. */
export class FakeClock {
  readonly waiting = new Set<Waiting>();
  private readonly listeners = new Set<() => void>();

  constructor(public time: number) {}

  /** To be called before the application listens. */
  readonly install = (app: NestFastifyApplication): void => {
    Object.assign(app.get(Clock, { strict: false }), {
      now: () => this.time,
      after: (ms: number, wake: () => void) => this.after(ms, wake),
    });
  };

  /** When somebody is woken next. */
  get next(): number | null {
    return this.waiting.size === 0 ? null : Math.min(...[...this.waiting].map(({ at }) => at));
  }

  /** It is `time`: wakes all whose time has come. Resolves when somebody begins to wait anew. */
  async advanceTo(time: number): Promise<void> {
    this.time = time;
    const armed = new Promise<void>((resolve) => this.listeners.add(resolve));
    for (const waiting of [...this.waiting].filter(({ at }) => at <= time)) {
      this.waiting.delete(waiting);
      waiting.wake();
    }
    await armed;
  }

  private after(ms: number, wake: () => void): () => void {
    const waiting = { at: this.time + ms, wake };
    this.waiting.add(waiting);
    for (const tell of this.listeners) tell();
    this.listeners.clear();
    return () => void this.waiting.delete(waiting);
  }
}
