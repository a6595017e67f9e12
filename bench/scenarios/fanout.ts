import { randomUUID } from 'node:crypto';
import { startRun } from '../client/commands.js';
import { isTerminal } from '../client/frame-content.js';
import { openStream } from '../client/sse-stream.js';
import { usageOf, within } from '../measure.js';
import { ALL_CHANNELS, type Figures, SCENARIO_SECONDS, type Target, latch } from '../scenario.js';

interface Load {
  readonly readers: number;
  readonly custom: number;
}

/** Many readers of everything on one thread, and one run that writes custom events as fast as it can. */
async function pour(target: Target, { readers, custom }: Load): Promise<Figures> {
  const thread = randomUUID();
  const all = latch();
  const counts = new Array<number>(readers).fill(0);
  let ended = 0;
  const streams = await Promise.all(counts.map((_, reader) => openStream(target.base, thread, ALL_CHANNELS, {
    frame: (bytes, from, to) => {
      counts[reader] = (counts[reader] as number) + 1;
      if (isTerminal(bytes, from, to) && ++ended === readers) all.release();
    },
  })));
  const before = usageOf(target.pid);
  const start = performance.now();
  await startRun(target.base, thread, { tokens: 1, custom });
  await within(SCENARIO_SECONDS, 'fanout', all.done);
  const seconds = (performance.now() - start) / 1_000;
  const after = usageOf(target.pid);
  for (const stream of streams) stream.close();
  const least = Math.min(...counts);
  if (least < custom) throw new Error(`a reader got ${least} of ${custom} events`);
  const frames = counts.reduce((sum, count) => sum + count, 0);
  return {
    frames_per_s: frames / seconds,
    cpu_us_per_frame: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / frames,
    rss_mb: after.rssKb / 1_024,
  };
}

/** 50 readers, 2,000 custom events. */
export const fanout = (target: Target, small: boolean): Promise<Figures> =>
  pour(target, small ? { readers: 5, custom: 200 } : { readers: 50, custom: 2_000 });

/** 1 reader, 5,000 custom events: what one run can produce. */
export const single = async (target: Target, small: boolean): Promise<Figures> => {
  const { frames_per_s: events_per_s, cpu_us_per_frame: cpu_us_per_event } = await pour(target, {
    readers: 1,
    custom: small ? 200 : 5_000,
  });
  return { events_per_s: events_per_s as number, cpu_us_per_event: cpu_us_per_event as number };
};
