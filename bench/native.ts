import { MemorySaver } from '@langchain/langgraph';
import { graph } from '../examples/firehose.js';
import type { FirehoseInput } from './client/commands.js';
import { median } from './measure.js';

/**
 * What LangGraph itself gives: `graph.streamEvents` of the same graph in this process, read to its end by a loop that
 * does nothing. No server can be faster on `single`.
 * @returns events per second, the median of `times` runs
 */
export async function nativeEventsPerSecond(custom: number, times: number): Promise<number> {
  const rates: number[] = [];
  for (let i = 0; i < times + 1; i += 1) {
    graph.checkpointer = new MemorySaver();
    const start = performance.now();
    const count = await play({ tokens: 1, custom }, String(i));
    if (i > 0) rates.push(count / ((performance.now() - start) / 1_000));
  }
  return median(rates);
}

/**
 * The same for `threads`: so many graphs at once in one process.
 * @returns seconds until all are done, the median of `times`
 */
export async function nativeThreadsSeconds(threads: number, tokens: number, times: number): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < times + 1; i += 1) {
    graph.checkpointer = new MemorySaver();
    const start = performance.now();
    await Promise.all(Array.from({ length: threads }, (_, thread) => play({ tokens, delayMs: 5 }, String(thread))));
    if (i > 0) seconds.push((performance.now() - start) / 1_000);
  }
  return median(seconds);
}

async function play(input: FirehoseInput, threadId: string): Promise<number> {
  const events = await graph.streamEvents(
    { messages: [{ role: 'user', content: 'go' }], ...input } as never,
    { version: 'v3', configurable: { thread_id: threadId } },
  );
  let count = 0;
  for await (const event of events as AsyncIterable<unknown>) if (event) count += 1;
  return count;
}
