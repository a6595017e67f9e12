import { MemorySaver } from '@langchain/langgraph';
import { graph } from '../examples/firehose.js';
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
    const events = await graph.streamEvents(
      { messages: [{ role: 'user', content: 'go' }], tokens: 1, custom } as never,
      { version: 'v3', configurable: { thread_id: String(i) } },
    );
    let count = 0;
    for await (const event of events as AsyncIterable<unknown>) if (event) count += 1;
    if (i > 0) rates.push(count / ((performance.now() - start) / 1_000));
  }
  return median(rates);
}
