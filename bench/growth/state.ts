import { randomUUID } from 'node:crypto';
import { startRun } from '../client/commands.js';
import { isTerminal } from '../client/frame-content.js';
import { openStream } from '../client/sse-stream.js';
import { median, within } from '../measure.js';
import { ALL_CHANNELS, type Figures, type Target, latch } from '../scenario.js';

const TIMES = 10;

/** A run of ten tokens whose state has so many bytes, from `run.start` to its end. */
export async function state(target: Target, bytes: number): Promise<Figures> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i += 1) {
    const thread = randomUUID();
    const end = latch();
    const stream = await openStream(target.base, thread, ALL_CHANNELS, {
      frame: (frame, from, to) => {
        if (isTerminal(frame, from, to)) end.release();
      },
    });
    const start = performance.now();
    await startRun(target.base, thread, { tokens: 10, content: 'x'.repeat(bytes) });
    await within(60, 'a run with a large state', end.done);
    times.push(performance.now() - start);
    stream.close();
  }
  return { state_bytes: bytes, run_ms: median(times) };
}
