import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OpenStream, openStream } from '../client/sse-stream.js';
import { usageOf } from '../measure.js';
import type { Figures, Target } from '../scenario.js';

const OPENED_AT_ONCE = 50;
/** Milliseconds until the memory of requests that were answered has been let go. */
const SETTLE_MS = 3_000;
const WARM_UP = 200;

/** Streams on threads where nothing happens: what each holds. @param count streams to open */
export async function idle(target: Target, count: number): Promise<Figures> {
  const first = await open(target, WARM_UP);
  for (const stream of first.streams) stream.close();
  await sleep(SETTLE_MS);
  const before = usageOf(target.pid);
  const start = performance.now();
  const { streams, failed } = await open(target, count);
  const seconds = (performance.now() - start) / 1_000;
  await sleep(SETTLE_MS);
  const after = usageOf(target.pid);
  for (const stream of streams) stream.close();
  return {
    open: streams.length,
    failed,
    kb_each: (after.rssKb - before.rssKb) / streams.length,
    opened_per_s: streams.length / seconds,
  };
}

async function open(target: Target, count: number): Promise<{ streams: OpenStream[]; failed: number }> {
  const streams: OpenStream[] = [];
  let failed = 0;
  for (let i = 0; i < count; i += OPENED_AT_ONCE) {
    const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - i) }, () =>
      openStream(target.base, randomUUID(), ['messages', 'lifecycle'], { frame: () => undefined }));
    for (const result of await Promise.allSettled(some)) {
      if (result.status === 'fulfilled') streams.push(result.value);
      else failed += 1;
    }
  }
  return { streams, failed };
}
