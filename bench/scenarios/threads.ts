import { randomUUID } from 'node:crypto';
import { startRun } from '../client/commands.js';
import { deltaTime, isTerminal } from '../client/frame-content.js';
import { openStream } from '../client/sse-stream.js';
import { percentile, within } from '../measure.js';
import { type Figures, SCENARIO_SECONDS, type Target, latch } from '../scenario.js';

/** 50 threads at once, each with one reader and a run of 100 tokens, 5 ms apart. */
export const threads = (target: Target, small: boolean): Promise<Figures> =>
  talk(target, small ? 5 : 50, small ? 10 : 100);

/** @param count threads at once @param tokens of each one's run */
export async function talk(target: Target, count: number, tokens: number): Promise<Figures> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const all = latch();
  const latencies: number[] = [];
  let ended = 0;
  const streams = await Promise.all(ids.map((id) => openStream(target.base, id, ['messages', 'lifecycle', 'values'], {
    frame: (bytes, from, to, at) => {
      const time = deltaTime(bytes, from, to);
      if (time !== null) latencies.push(at - time);
      else if (isTerminal(bytes, from, to) && ++ended === ids.length) all.release();
    },
  })));
  const start = performance.now();
  await Promise.all(ids.map((id) => startRun(target.base, id, { tokens, delayMs: 5 })));
  await within(SCENARIO_SECONDS, 'threads', all.done);
  const seconds = (performance.now() - start) / 1_000;
  for (const stream of streams) stream.close();
  return { seconds, delta_p50_ms: percentile(latencies, 0.5), delta_p99_ms: percentile(latencies, 0.99) };
}
