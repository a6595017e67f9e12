import type { Target } from './scenario.js';
import { fanout } from './scenarios/fanout.js';
import { watch } from './scenarios/readers.js';
import { talk } from './scenarios/threads.js';

/** What a server has done before the clock counts: compiled code and a grown heap are what runs in production. */
const RUNS = { fanout: 3, talk: { times: 3, threads: 50, tokens: 100 }, watch: { readers: 100, tokens: 50 } };
const SMALL = 2;

/** Plays a little of everything. */
export async function warmUp(target: Target, small: boolean): Promise<void> {
  for (let i = 0; i < RUNS.fanout; i += 1) await fanout(target, small);
  for (let i = 0; i < RUNS.talk.times; i += 1)
    await talk(target, small ? SMALL : RUNS.talk.threads, small ? SMALL : RUNS.talk.tokens);
  await watch(target, small ? SMALL : RUNS.watch.readers, small ? SMALL : RUNS.watch.tokens);
}
