import { randomUUID } from 'node:crypto';
import { startRun } from '../client/commands.js';
import { envelopeOf, isTerminal } from '../client/frame-content.js';
import { openStream } from '../client/sse-stream.js';
import { median, within } from '../measure.js';
import { ALL_CHANNELS, type Figures, SCENARIO_SECONDS, type Target, latch } from '../scenario.js';

const REPLAYS = 5;

/** A run of 5,000 custom events has ended; a reader comes back with the seq of its middle and gets the second half. */
export async function resume(target: Target, small: boolean): Promise<Figures> {
  const thread = randomUUID();
  const seqs = await play(target, thread, small ? 200 : 5_000);
  const since = seqs[seqs.length >> 1] as number;
  const wanted = seqs.filter((seq) => seq > since);
  const replays: Replay[] = [];
  for (let i = 0; i < REPLAYS; i += 1) replays.push(await replay(target, thread, since, wanted));
  return {
    events_per_s: wanted.length / (median(replays.map(({ ms }) => ms)) / 1_000),
    first_event_ms: median(replays.map(({ firstMs }) => firstMs)),
  };
}

async function play(target: Target, thread: string, custom: number): Promise<number[]> {
  const seqs: number[] = [];
  const end = latch();
  const stream = await openStream(target.base, thread, ALL_CHANNELS, {
    frame: (bytes, from, to) => {
      seqs.push(envelopeOf(bytes, from, to).seq);
      if (isTerminal(bytes, from, to)) end.release();
    },
  });
  await startRun(target.base, thread, { tokens: 1, custom });
  await within(SCENARIO_SECONDS, 'the run to resume', end.done);
  stream.close();
  return seqs;
}

interface Replay {
  readonly ms: number;
  readonly firstMs: number;
}

/** Frames are only kept while the clock runs; that they are the right ones is checked afterwards. */
async function replay(target: Target, thread: string, since: number, wanted: readonly number[]): Promise<Replay> {
  const frames: Buffer[] = [];
  const end = latch();
  let first = Number.NaN;
  const start = performance.now();
  const stream = await openStream(target.base, thread, ALL_CHANNELS, {
    frame: (bytes, from, to) => {
      if (frames.length === 0) first = performance.now();
      frames.push(Buffer.from(bytes.subarray(from, to)));
      if (frames.length === wanted.length) end.release();
    },
  }, since);
  await within(SCENARIO_SECONDS, 'a replay', end.done);
  const ms = performance.now() - start;
  stream.close();
  const isExact = frames.every((frame, index) => envelopeOf(frame, 0, frame.length).seq === wanted[index]);
  if (!isExact) throw new Error('a replay was not what was missed');
  return { ms, firstMs: first - start };
}
