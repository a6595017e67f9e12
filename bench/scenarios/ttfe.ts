import { randomUUID } from 'node:crypto';
import { startRun } from '../client/commands.js';
import { deltaTime, isTerminal } from '../client/frame-content.js';
import { openStream } from '../client/sse-stream.js';
import { percentile, within } from '../measure.js';
import { type Figures, SCENARIO_SECONDS, type Target, latch } from '../scenario.js';

/** From `run.start` to the first token, on an open stream of a new thread; one after the other. */
export async function ttfe(target: Target, small: boolean): Promise<Figures> {
  const waits: number[] = [];
  for (let i = 0; i < (small ? 3 : 30); i += 1) {
    const thread = randomUUID();
    const first = latch();
    const end = latch();
    const stream = await openStream(target.base, thread, ['messages', 'lifecycle'], {
      frame: (bytes, from, to) => {
        if (deltaTime(bytes, from, to) !== null) first.release();
        else if (isTerminal(bytes, from, to)) end.release();
      },
    });
    const start = performance.now();
    await startRun(target.base, thread, { tokens: 1 });
    await within(SCENARIO_SECONDS, 'the first token', first.done);
    waits.push(performance.now() - start);
    await within(SCENARIO_SECONDS, 'the end of a run', end.done);
    stream.close();
  }
  return { first_token_p50_ms: percentile(waits, 0.5), first_token_p99_ms: percentile(waits, 0.99) };
}
