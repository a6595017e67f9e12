import { convertChunksToEvents } from '@langchain/core/language_models/compat';
import { AIMessageChunk, type AIMessageChunkFields } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import { MessageChunks, type MessageEvent } from './message-chunks.js';

const chunk = (fields: AIMessageChunkFields): ChatGenerationChunk =>
  new ChatGenerationChunk({ text: '', message: new AIMessageChunk({ id: 'm', content: '', ...fields }) });
const call = (index: number, args: string, name?: string) => ({
  type: 'tool_call_chunk' as const,
  index,
  args,
  ...(name && { name, id: `call-${name}` }),
});

/** What was emitted when each chunk was done with, and at the end. */
async function eventsOf(chunks: readonly ChatGenerationChunk[]): Promise<MessageEvent[][]> {
  const emitted: MessageEvent[] = [];
  const message = new MessageChunks(convertChunksToEvents, (event) => emitted.push(event));
  const steps: MessageEvent[][] = [];
  for (const each of chunks) {
    await message.take(each);
    steps.push(emitted.splice(0));
  }
  await message.end();
  return [...steps, emitted];
}

const finished = (events: readonly MessageEvent[]) =>
  events.flatMap((event) => (event.event === 'content-block-finish' ? [[event.index, event.content]] : []));

describe('the chunks of a message', () => {
  it('are events as soon as each of them is taken', async () => {
    const steps = await eventsOf([chunk({ content: 'one ' }), chunk({ content: 'two' })]);
    expect(steps.map((step) => step.map(({ event }) => event))).toEqual([
      ['message-start', 'content-block-start', 'content-block-delta'],
      ['content-block-delta'],
      ['content-block-finish', 'message-finish'],
    ]);
    expect(finished(steps[2]!)).toEqual([[0, { type: 'text', text: 'one two' }]]);
  });

  it('may come faster than they are converted', async () => {
    const emitted: string[] = [];
    const message = new MessageChunks(convertChunksToEvents, (event) => emitted.push(event.event));
    await Promise.all([...['a', 'b', 'c'].map((content) => message.take(chunk({ content }))), message.end()]);
    expect(emitted).toEqual([
      'message-start',
      'content-block-start',
      'content-block-delta',
      'content-block-delta',
      'content-block-delta',
      'content-block-finish',
      'message-finish',
    ]);
  });

  it('keep tool calls and text apart, also of providers that count both from 0', async () => {
    const original = chunk({ tool_call_chunks: [call(0, '{"a":', 'first')] });
    const steps = await eventsOf([
      chunk({ content: 'I will.' }),
      original,
      chunk({ tool_call_chunks: [call(0, '1}'), call(1, '{}', 'second')] }),
    ]);
    expect(finished(steps.at(-1)!)).toEqual([
      [0, { type: 'text', text: 'I will.' }],
      [1, { type: 'tool_call', id: 'call-first', name: 'first', args: { a: 1 } }],
      [2, { type: 'tool_call', id: 'call-second', name: 'second', args: {} }],
    ]);
    expect((original.message as AIMessageChunk).tool_call_chunks).toEqual([call(0, '{"a":', 'first')]);
  });

  it('keep the places of tool calls where there is no text', async () => {
    const steps = await eventsOf([chunk({ tool_call_chunks: [call(0, '{}', 'only')] })]);
    expect(finished(steps.at(-1)!)).toEqual([[0, { type: 'tool_call', id: 'call-only', name: 'only', args: {} }]]);
  });

  it('end the message with an error where they cannot be converted, and are taken all the same', async () => {
    // eslint-disable-next-line require-yield
    async function* broken(chunks: AsyncIterable<unknown>): AsyncGenerator<never> {
      for await (const _ of chunks) throw new Error('no such block');
    }
    const emitted: unknown[] = [];
    const message = new MessageChunks(broken as never, (event) => emitted.push(event));
    for (const content of ['x', 'y']) await message.take(chunk({ content }));
    await message.end();
    expect(emitted).toEqual([{ event: 'error', message: 'no such block' }]);
  });
});
