import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { Send } from '@langchain/langgraph';
import { stateJson, UnserializableStateError } from './state-json.js';

const read = (value: unknown): unknown => JSON.parse(stateJson(value));

describe('stateJson', () => {
  it('flattens messages at any depth, leaving out what is empty', () => {
    const state = {
      messages: [new HumanMessage({ id: 'h', content: 'hi' })],
      nested: { list: [[new SystemMessage('be kind')]] },
    };
    expect(read(state)).toEqual({
      messages: [{ type: 'human', content: 'hi', id: 'h' }],
      nested: { list: [[{ type: 'system', content: 'be kind' }]] },
    });
  });

  it('keeps what a message carries', () => {
    const call = { id: 'c', name: 'search', args: { q: 'cats' }, type: 'tool_call' as const };
    const ai = new AIMessage({
      id: 'a',
      content: [{ type: 'text', text: 'x' }],
      tool_calls: [call],
      additional_kwargs: { k: 1 },
      response_metadata: { m: 2 },
      usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      name: 'bot',
    });
    expect(read(ai)).toEqual({
      type: 'ai',
      id: 'a',
      name: 'bot',
      content: [{ type: 'text', text: 'x' }],
      tool_calls: [call],
      additional_kwargs: { k: 1 },
      response_metadata: { m: 2 },
      usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    });
    const tool = new ToolMessage({ content: 'ok', tool_call_id: 'c', status: 'success', artifact: { raw: 1 } });
    expect(read(tool)).toEqual({
      type: 'tool',
      content: 'ok',
      tool_call_id: 'c',
      status: 'success',
      artifact: { raw: 1 },
    });
    expect(read(new RemoveMessage({ id: 'r' }))).toMatchObject({ type: 'remove', id: 'r' });
    expect(read(new AIMessageChunk({ content: 'x' }))).toEqual({ type: 'ai', content: 'x' });
  });

  it('writes an id that a reducer set after construction', () => {
    const message = new HumanMessage('hi');
    message.id = 'later';
    expect(read(message)).toEqual({ type: 'human', content: 'hi', id: 'later' });
  });

  it('agrees with toDict() on every field that is not empty', () => {
    const messages = [
      new HumanMessage({ content: 'x', id: '1', name: 'n' }),
      new AIMessage({ content: 'y', tool_calls: [{ id: 'c', name: 't', args: {}, type: 'tool_call' }] }),
      new ToolMessage({ content: 'z', tool_call_id: 'c', name: 't' }),
    ];
    for (const message of messages) {
      const { data } = JSON.parse(JSON.stringify(message.toDict())) as { data: Record<string, unknown> };
      const kept = Object.entries(data).filter(
        ([, v]) => typeof v !== 'object' || v === null || Object.keys(v).length > 0,
      );
      expect(read(message)).toEqual(expect.objectContaining(Object.fromEntries(kept)));
    }
  });

  it('flattens a message of another copy of LangChain', () => {
    expect(read({ m: { toDict: () => ({ type: 'human', data: { content: 'hi' } }) } })).toEqual({
      m: { type: 'human', content: 'hi' },
    });
  });

  it('flattens messages inside what has a toJSON of its own', () => {
    expect(read(new Send('node', { messages: [new HumanMessage('hi')] }))).toMatchObject({
      node: 'node', args: { messages: [{ type: 'human', content: 'hi' }] },
    });
  });

  it('has a form for what JSON has none for', () => {
    expect(
      read({
        big: 12345678901234567890n,
        map: new Map([['a', 1]]),
        pairs: new Map([[1, 'a']]),
        set: new Set([1, 2]),
        bytes: new Uint8Array([1, 2, 3]),
        buffer: Buffer.from('hi'),
        error: new TypeError('no'),
        date: new Date(0),
        undefined,
        fn: () => 1,
        list: [undefined, () => 1],
        nan: Number.NaN,
        url: new URL('http://h/p'),
      }),
    ).toEqual({
      big: '12345678901234567890',
      map: { a: 1 },
      pairs: [[1, 'a']],
      set: [1, 2],
      bytes: 'AQID',
      buffer: 'aGk=',
      error: { name: 'TypeError', message: 'no' },
      date: '1970-01-01T00:00:00.000Z',
      list: [null, null],
      nan: null,
      url: 'http://h/p',
    });
    expect(stateJson(undefined)).toBe('null');
    expect(stateJson(new Map())).toBe('{}');
  });

  it('keeps data as it is, whatever its keys are called', () => {
    const data = JSON.parse(
      '{"__proto__":{"a":1},"constructor":"b","toString":"c","lc":1,"$as":["undefined"]}',
    ) as Record<string, unknown>;
    expect(stateJson(data)).toBe(JSON.stringify(data));
    const copied = JSON.parse('{"__proto__":{"a":1}}') as Record<string, Record<string, unknown>>;
    (Object.getOwnPropertyDescriptor(copied, '__proto__')!.value as Record<string, unknown>).set = new Set([1]);
    expect(stateJson({ copied })).toBe('{"copied":{"__proto__":{"a":1,"set":[1]}}}');
    const message = new HumanMessage({ content: 'x', additional_kwargs: { data }, ...(data as object) });
    expect(JSON.parse(stateJson(message))).toMatchObject({ type: 'human', toString: 'c', constructor: 'b', lc: 1 });
    expect(stateJson(message)).toContain(`"additional_kwargs":{"data":${JSON.stringify(data)}}`);
  });

  it('does not change the state it writes', () => {
    const state = Object.freeze({ items: Object.freeze([1n, { deep: Object.freeze(new Set([1])) }]) });
    expect(read(state)).toEqual({ items: ['1', { deep: [1] }] });
  });

  it('writes one object twice when it is shared and not circular', () => {
    const shared = { a: 1 };
    expect(read({ x: shared, y: [shared, shared] })).toEqual({ x: shared, y: [shared, shared] });
  });

  it('names the path of a circular reference', () => {
    const item: Record<string, unknown> = {};
    item['parent'] = { items: [0, item] };
    expect(() => stateJson({ values: item })).toThrow(UnserializableStateError);
    expect(() => stateJson({ values: item })).toThrow(/values\.parent\.items\[1\]: a circular reference/);
  });

  it('refuses a getter that throws and a state nested too deeply, by an error of its own', () => {
    expect(() => stateJson({ a: { get b(): never { throw new Error('boom'); } } })).toThrow(UnserializableStateError);
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(() => stateJson(deep)).toThrow(/nested too deeply/);
  });
});
