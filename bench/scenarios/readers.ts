import { randomUUID } from 'node:crypto';
import { startRun } from '../client/commands.js';
import { deltaTime, isTerminal } from '../client/frame-content.js';
import { type OpenStream, openStream } from '../client/sse-stream.js';
import { percentile, usageOf, within } from '../measure.js';
import { type Figures, SCENARIO_SECONDS, type Target, latch } from '../scenario.js';

const OPENED_AT_ONCE = 100;

/** 1,000 readers of one thread, 50 tokens a second. */
export const readers = (target: Target, small: boolean): Promise<Figures> =>
  watch(target, small ? 20 : 1_000, small ? 10 : 100);

/** @param count readers of the thread @param tokens of the run, 20 ms apart */
export async function watch(target: Target, count: number, tokens: number): Promise<Figures> {
  const thread = randomUUID();
  const all = latch();
  const latencies: number[] = [];
  let ended = 0;
  let frames = 0;
  const listener = {
    frame: (bytes: Buffer, from: number, to: number, at: number): void => {
      frames += 1;
      const time = deltaTime(bytes, from, to);
      if (time !== null) latencies.push(at - time);
      else if (isTerminal(bytes, from, to) && ++ended === count) all.release();
    },
  };
  const streams: OpenStream[] = [];
  while (streams.length < count) {
    const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - streams.length) });
    streams.push(
      ...(await Promise.all(some.map(() => openStream(target.base, thread, ['messages', 'lifecycle'], listener)))),
    );
  }
  const before = usageOf(target.pid);
  await startRun(target.base, thread, { tokens, delayMs: 20 });
  await within(SCENARIO_SECONDS, 'readers', all.done);
  const cpu = usageOf(target.pid).cpuSeconds - before.cpuSeconds;
  for (const stream of streams) stream.close();
  return {
    delta_p50_ms: percentile(latencies, 0.5),
    delta_p99_ms: percentile(latencies, 0.99),
    cpu_us_per_frame: (cpu * 1e6) / frames,
  };
}
