import { Annotation, END, START, StateGraph, type LangGraphRunnableConfig } from '@langchain/langgraph';
import { EventIntake } from './event-intake.js';
import type { NativeEvent } from '../recording/native-event.js';

const COUNT = 40;
const State = Annotation.Root({ told: Annotation<number | undefined>() });

/** A graph that writes COUNT numbered events, some in one go, some after a turn of the loop. */
const graph = new StateGraph(State)
  .addNode('count', async (_: typeof State.State, { writer }: LangGraphRunnableConfig) => {
    for (let i = 0; i < COUNT; i += 1) {
      writer?.({ i });
      if (i % 7 === 6) await new Promise(setImmediate);
    }
    return { told: COUNT };
  })
  .addEdge(START, 'count')
  .addEdge('count', END)
  .compile();

const label = ({ method, params }: NativeEvent): string => `${method} ${JSON.stringify(params.data)}`;

/** Counts what LangGraph hands through its iterator. */
async function* counted(events: AsyncIterable<NativeEvent>, iterated: NativeEvent[]): AsyncGenerator<NativeEvent> {
  for await (const event of events) {
    iterated.push(event);
    yield event;
  }
}

interface Taken {
  readonly labels: string[];
  readonly iterated: NativeEvent[];
}

/**
 * Plays the graph.
 * @param isFull whether there is no room, asked before an event is taken, given how many were taken
 */
async function play(
  isFull: (taken: number) => boolean,
  onRecord: (taken: number) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<Taken> {
  const labels: string[] = [];
  const iterated: NativeEvent[] = [];
  let wasEmptied = false;
  const taker = {
    record: (event: NativeEvent): void => {
      wasEmptied = false;
      labels.push(label(event));
      onRecord(labels.length);
    },
    get isFull(): boolean {
      return !wasEmptied && isFull(labels.length);
    },
    room: (): Promise<void> =>
      new Promise((resolve) =>
        setImmediate(() => {
          wasEmptied = true;
          resolve();
        }),
      ),
  };
  const intake = new EventIntake(taker, signal);
  const stream = await graph.streamEvents({ told: 0 }, { version: 'v3', transformers: [intake.transformer] });
  await intake.drain(counted(stream, iterated));
  return { labels, iterated };
}

/**
 * What the iterator gives when nothing is taken before it. Ids and times differ from run to run, so only custom events
 * count.
 */
const custom = (labels: readonly string[]): string[] => labels.filter((each) => each.startsWith('custom'));
const everything = Array.from({ length: COUNT }, (_, i) => `custom {"payload":{"i":${i}}}`);

describe('EventIntake', () => {
  it('takes every event that the iterator would have given, in the same order', async () => {
    const methods: string[] = [];
    for await (const event of await graph.streamEvents({ told: 0 }, { version: 'v3' })) methods.push(event.method);
    const { labels } = await play(() => false);
    expect(custom(labels)).toEqual(everything);
    expect(labels.map((each) => each.split(' ')[0])).toEqual(methods);
  });

  it('leaves LangGraph nothing to keep while there is room, but what came before it was in its place', async () => {
    const { labels, iterated } = await play(() => false);
    expect(iterated.length).toBeLessThan(3);
    expect(labels.length).toBeGreaterThan(COUNT);
  });

  it.each([1, 2, 3, 10])(
    'keeps the order, each event once, when there is no room before every %s. event',
    async (every) => {
      const { labels, iterated } = await play((taken) => taken % every === 0);
      expect(custom(labels)).toEqual(everything);
      expect(iterated.length).toBeGreaterThan(0);
    },
  );

  it('ends the stream with the error of an event that cannot be taken', async () => {
    const refusing = play(() => false, (taken) => {
      if (taken === 5) throw new Error('not this one');
    });
    await expect(refusing).rejects.toThrow('not this one');
  });

  it('records nothing any more once the signal has fired, and reads on to the end', async () => {
    const stop = new AbortController();
    const { labels } = await play((taken) => taken === 3, (taken) => {
      if (taken === 5) stop.abort();
    }, stop.signal);
    expect(labels.length).toBe(5);
  });
});
