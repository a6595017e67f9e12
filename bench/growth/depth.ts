import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStream } from '../client/sse-stream.js';
import { fillLog } from '../fill-log.js';
import { median, within } from '../measure.js';
import { ALL_CHANNELS, type Figures, latch } from '../scenario.js';
import { startThreadlog } from '../servers/threadlog.js';

const THREAD = 'deep';
const TIMES = 15;

/**
 * A thread of so many events: how long the server takes to start, and how soon a reader gets the first event it missed.
 */
export async function depth(events: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'threadlog-depth-'));
  try {
    await fillLog(folder, THREAD, events);
    const bytes = statSync(join(folder, 'threadlog.db')).size;
    const start = performance.now();
    const server = await startThreadlog({ folder });
    const startMs = performance.now() - start;
    try {
      const near: number[] = [];
      const middle: number[] = [];
      for (let i = 0; i < TIMES; i += 1) {
        near.push(await firstMissed(server.base, events - 10));
        middle.push(await firstMissed(server.base, events >> 1));
      }
      return {
        events,
        start_ms: startMs,
        first_of_10_ms: median(near),
        first_of_half_ms: median(middle),
        bytes_per_event: bytes / events,
      };
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function firstMissed(base: string, since: number): Promise<number> {
  const first = latch();
  const start = performance.now();
  const stream = await openStream(base, THREAD, ALL_CHANNELS, { frame: () => first.release() }, since);
  await within(30, 'the first missed event', first.done);
  const ms = performance.now() - start;
  stream.close();
  return ms;
}
