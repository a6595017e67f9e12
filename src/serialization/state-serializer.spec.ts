import {
  AIMessage,
  AIMessageChunk,
  ChatMessage,
  FunctionMessage,
  HumanMessage,
  HumanMessageChunk,
  RemoveMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { ChatPromptValue, StringPromptValue } from '@langchain/core/prompt_values';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { Command, Overwrite, Send } from '@langchain/langgraph';
import { DeltaSnapshot } from '@langchain/langgraph-checkpoint';
import { RandomChoices, SEED } from '../../test/support/random-choices.js';
import { stateJson } from '../graphs/state-json.js';
import { StateSerializer } from './state-serializer.js';
import { UnstorableValueError } from './unstorable-value-error.js';

const serializer = new StateSerializer(1_000);

function again<T>(value: T): T {
  const [type, stored] = serializer.stored(value);
  return serializer.read(type, stored) as T;
}

function nested(levels: number): unknown {
  let value: unknown = 'end';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const KEYS = [
  '$as',
  '$as',
  'lc',
  'type',
  'id',
  'kwargs',
  'args',
  '__proto__',
  'toJSON',
  'constructor',
  'lg_name',
  '__lc_escaped__',
  'k',
  '7',
];
const ATOMS = [
  '"$as"',
  '"plain"',
  '"undefined"',
  '"Map"',
  '"HumanMessage"',
  '"constructor"',
  '1',
  '2',
  'null',
  'true',
  '"langchain_core"',
  '-0.5',
];

/** JSON as a client may send it, made of what could be mistaken for something else. */
function randomJson(random: RandomChoices, depth: number): string {
  if (depth === 0 || random.chance(0.3)) return random.pick(ATOMS);
  const inner = (): string => randomJson(random, depth - 1);
  if (random.chance(0.4)) return `[${random.list(0, 3, inner).join()}]`;
  const keys = [...new Set(random.list(0, 3, () => random.pick(KEYS)))].sort(
    (a, b) => Number(b === '7') - Number(a === '7'),
  );
  return `{${keys.map((key) => `${JSON.stringify(key)}:${inner()}`).join()}}`;
}

/** Everything that looks like somebody's serialisation, and our own marks. */
const LOOKALIKES: Record<string, unknown>[] = [
  {
    lc: 1,
    type: 'constructor',
    id: ['langchain_core', 'document_loaders', 'langsmith', 'LangSmithLoader'],
    kwargs: {},
  },
  { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', 'HumanMessage'], kwargs: { content: 'x' } },
  { lc: 1, type: 'secret', id: ['PATH'] },
  { lc: 1, type: 'not_implemented', id: ['x'] },
  { lc: 2, type: 'constructor', id: ['Set'], method: null, args: [[1]], kwargs: {} },
  { lc: 2, type: 'undefined' },
  { lc: 2, type: 'delta_snapshot', value: 1 },
  { __lc_escaped__: { lc: 1 } },
  { lg_name: 'Send', node: 'n', args: {}, more: 1 },
  { lg_name: 'DeltaSnapshot', value: 1 },
  { $as: ['HumanMessage', { content: 'x' }] },
  { $as: ['plain', { $as: ['undefined'] }], after: 1 },
  { $as: ['undefined'] },
  { $as: 'x' },
  { before: 1, $as: [{ $as: ['bigint', '1'] }] },
  { toString: 'a', constructor: 'b', prototype: 'c', valueOf: 'd', hasOwnProperty: 'e', toJSON: 'f' },
  JSON.parse('{"__proto__": {"$as": ["undefined"]}, "z": 1, "1": {"__proto__": []}}') as Record<string, unknown>,
];

describe('data', () => {
  it.each(LOOKALIKES.map((data) => [JSON.stringify(data), data]))(
    'comes back as it was, at any depth: %s',
    (text, data) => {
      for (const value of [data, { deep: [data, { deeper: data }] }, { $as: data }, { $as: [data, data] }, [[data]]]) {
        expect(JSON.stringify(again(value))).toBe(JSON.stringify(value));
      }
      const message = new HumanMessage({ content: [data as { type: string }], additional_kwargs: { data }, id: 'h' });
      const read = again({ messages: [message] }).messages[0] as HumanMessage;
      expect(read).toBeInstanceOf(HumanMessage);
      expect(JSON.stringify(read.additional_kwargs)).toBe(`{"data":${text}}`);
      expect(JSON.stringify(read.content)).toBe(`[${text}]`);
      const ai = new AIMessage({ content: '', tool_calls: [{ id: 'c', name: 'x', args: data, type: 'tool_call' }] });
      expect(JSON.stringify((again(ai).tool_calls ?? [])[0]?.args)).toBe(text);
    },
  );

  it(`comes back as it was, whatever JSON it is (seed ${SEED})`, () => {
    const random = new RandomChoices();
    for (let round = 0; round < 2_000; round += 1) {
      const text = randomJson(random, 6);
      const value: unknown = JSON.parse(text);
      expect(JSON.stringify(again([value])[0])).toBe(text);
      const { message } = again({ message: new HumanMessage({ content: 'x', additional_kwargs: { value } }) });
      expect(JSON.stringify(message.additional_kwargs)).toBe(`{"value":${text}}`);
    }
  });

  it('is not changed by being stored', () => {
    const value = Object.freeze({ list: Object.freeze([1n, undefined, Object.freeze({ $as: 1, n: Number.NaN })]) });
    const before = structuredClone(value);
    serializer.stored(value);
    expect(value).toEqual(before);
  });

  it('has the same text as plain JSON when there is nothing to mark', () => {
    const value = { a: [1, 'x', null, true, { b: [] }], c: { d: {} } };
    expect(serializer.text(value)).toBe(JSON.stringify(value));
  });
});

describe('values that JSON has no form for', () => {
  it('come back as they were', () => {
    const value = {
      big: 2n ** 70n,
      negative: -1n,
      nan: Number.NaN,
      infinite: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      zero: -0,
      absent: undefined,
      list: [undefined, 1],
      map: new Map<unknown, unknown>([
        ['a', new Set([1n])],
        [{ k: 1 }, undefined],
      ]),
      pattern: /a"b/giu,
      bytes: new Uint8Array([0, 255, 7]),
      floats: new Float32Array([1.5, -2]),
      buffer: new Uint8Array([1, 2]).buffer,
    };
    expect(again(value)).toStrictEqual(value);
    expect(Object.is(again({ zero: -0 }).zero, -0)).toBe(true);
    expect(again(7n)).toBe(7n);
    expect(again(undefined)).toBeUndefined();
  });

  it('keep bytes that are a whole value as they are', () => {
    expect(serializer.stored(new Uint8Array([1]))[0]).toBe('bytes');
    expect(again(Buffer.from('hi'))).toStrictEqual(Uint8Array.from(Buffer.from('hi')));
    expect(again({ b: Buffer.from('hi') }).b).toStrictEqual(Uint8Array.from(Buffer.from('hi')));
  });

  it('keep name and message of an error', () => {
    const read = again([new TypeError('no')])[0] as Error;
    expect([read instanceof Error, read.name, read.message]).toEqual([true, 'TypeError', 'no']);
  });
});

describe('instances', () => {
  const call = { id: 'c', name: 'search', args: { q: 1 }, type: 'tool_call' as const };
  const messages = [
    new HumanMessage({
      content: 'hi',
      id: '1',
      name: 'n',
      additional_kwargs: { my_key: { inner_key: 1 }, otherKey: 2 },
    }),
    new AIMessage({
      content: [{ type: 'text', text: 'x' }],
      id: '2',
      tool_calls: [call],
      usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      response_metadata: { output_version: 'v1' },
    }),
    new AIMessage({
      content: 'y',
      invalid_tool_calls: [{ id: 'i', name: 'bad', args: '{', type: 'invalid_tool_call' }],
    }),
    new AIMessage({
      content: '',
      additional_kwargs: { tool_calls: [{ id: 'o', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] },
    }),
    new AIMessageChunk({
      content: 'z',
      id: '3',
      tool_call_chunks: [{ name: 'f', args: '{"a":', index: 0, id: 'k', type: 'tool_call_chunk' }],
    }),
    new ToolMessage({
      content: 'ok',
      tool_call_id: 'c',
      name: 'search',
      status: 'error',
      artifact: { raw: new Map([[1, 2n]]) },
    }),
    new SystemMessage('be kind'),
    new HumanMessageChunk('part'),
    new FunctionMessage({ content: 'f', name: 'fn' }),
    new ChatMessage({ content: 'c', role: 'critic' }),
    new RemoveMessage({ id: 'gone' }),
  ];

  it.each(messages.map((message) => [message.constructor.name, message]))(
    'of %s come back as such, with all that they say',
    (_, message) => {
      const read = again({ list: [message] }).list[0]!;
      expect(read).toBeInstanceOf(message.constructor as new () => unknown);
      expect(read.getType()).toBe(message.getType());
      expect(stateJson(read)).toBe(stateJson(message));
      expect(stateJson(again(read))).toBe(stateJson(message));
    },
  );

  it('keep what was set after their construction', () => {
    const message = new HumanMessage('hi');
    message.id = 'later';
    message.name = 'someone';
    expect(again(message)).toMatchObject({ id: 'later', name: 'someone', content: 'hi' });
  });

  it('of another copy of LangChain, or of a class that extends a message, are messages of ours', () => {
    class Shouted extends HumanMessage {
      static override lc_name(): string {
        return 'Shouted';
      }
    }
    expect(again(new Shouted('hi')).constructor).toBe(HumanMessage);
    class Foreign {
      lc_namespace = ['langchain_core', 'messages'];
      lc_serializable = true;
      content = 'hi';
      lc_kwargs = { content: 'hi', additional_kwargs: {} };
      getType = (): string => 'ai';
    }
    expect(again(new Foreign())).toBeInstanceOf(AIMessage);
  });

  it('of prompt values and of what LangGraph makes come back in the form that it takes', () => {
    expect(again(new StringPromptValue('x')).toString()).toBe('x');
    expect(again(new ChatPromptValue([new HumanMessage('x')])).toChatMessages()[0]).toBeInstanceOf(HumanMessage);
    expect(again(new DeltaSnapshot([1n]))).toEqual(new DeltaSnapshot([1n]));
    expect(again(new Send('n', { m: new HumanMessage('x') }))).toMatchObject({
      node: 'n',
      args: { m: expect.any(HumanMessage) as unknown },
    });
    expect(again(new Overwrite([1n]))).toEqual({ __overwrite__: [1n] });
    expect(again(new Command({ update: { a: 1n } }))).toMatchObject({ lg_name: 'Command', update: { a: 1n } });
  });

  it('of other classes come back as their data, whatever they call themselves', () => {
    class Point {
      constructor(readonly x: number, readonly $as = ['undefined']) {}
      move = (): number => this.x;
    }
    expect(again({ point: new Point(1) })).toEqual({ point: { x: 1, $as: ['undefined'] } });
    expect(again({ at: new Date(0), url: new URL('http://h/p') })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      url: 'http://h/p',
    });
    const prompt = ChatPromptTemplate.fromMessages([['human', '{x}']]);
    expect(again({ prompt }).prompt).toMatchObject({
      lc: 1,
      type: 'constructor',
      id: ['langchain_core', 'prompts', 'chat', 'ChatPromptTemplate'],
    });
    expect(again({ own: { toJSON: () => ({ $as: ['undefined'], fn: () => 1 }) } })).toEqual({
      own: { $as: ['undefined'] },
    });
  });
});

describe('what would not come back', () => {
  const refusal = (value: unknown): string => {
    try {
      serializer.stored(value);
    } catch (error) {
      expect(error).toBeInstanceOf(UnstorableValueError);
      return (error as Error).message;
    }
    throw new Error('it was stored');
  };

  it('is refused, by the path to it', () => {
    expect(refusal({ tools: [{ run: () => 1 }] })).toMatch(/at tools\[0\]\.run: it is a function; .*UntrackedValue/);
    expect(refusal([{ a: Symbol('s') }])).toMatch(/at \[0\]\.a: it is a symbol/);
    expect(refusal({ answer: Promise.resolve(1) })).toMatch(/at answer: it is a Promise/);
    expect(refusal(new Map([['k', { weak: new WeakMap() }]]))).toMatch(/at \[0\]\[1\]\.weak: it is a WeakMap/);
    expect(refusal(new Send('n', { f: () => 1 }))).toMatch(/at args\.f: it is a function/);
  });

  it('is a circle, and a value that nests too deeply', () => {
    const item: Record<string, unknown> = { parts: [] };
    (item.parts as unknown[]).push(0, { owner: item });
    expect(refusal({ items: [item] })).toMatch(/at items\[0\]\.parts\[1\]\.owner: it is a part of itself/);
    class Node {
      parent: unknown = this;
    }
    expect(refusal({ tree: new Node() })).toMatch(/at tree\.parent: it is a part of itself/);
    expect(again(nested(1_000))).toEqual(nested(1_000));
    expect(refusal(nested(1_001))).toMatch(/, at \[0\]\.a\[0\]\.a.*…: it nests deeper than MAX_STATE_DEPTH levels/);
    expect(refusal(nested(300_000))).toMatch(/deeper than MAX_STATE_DEPTH/);
  });

  it('is not what is shared without being circular', () => {
    const shared = { a: 1 };
    expect(again({ x: shared, y: [shared, shared] })).toEqual({ x: shared, y: [shared, shared] });
  });

  it('is not a function of an instance, which is no data', () => {
    class Tool {
      name = 'x';
      run = (): number => 1;
    }
    expect(again({ tool: new Tool() })).toEqual({ tool: { name: 'x' } });
    const message = new HumanMessage({ content: 'x', additional_kwargs: { raw: { json: () => 1, status: 200 } } });
    expect(again(message).additional_kwargs).toEqual({ raw: { status: 200 } });
  });
});

describe('stored text', () => {
  it('that names what this version does not know keeps the rest readable', () => {
    const text = '{"a":{"$as":["Later",{"b":1}]},"c":{"$as":["bigint","1"]},"d":{"$as":["bigint","x"]}}';
    expect(serializer.read('marked-json', text)).toEqual({
      a: { $as: ['Later', { b: 1 }] },
      c: 1n,
      d: { $as: ['bigint', 'x'] },
    });
  });

  it('of an unknown type is refused', () => {
    expect(() => serializer.read('pickle', '{}')).toThrow('type "pickle" cannot be read');
  });

  it('speaks the interface of LangGraph', async () => {
    const [type, stored] = await serializer.dumpsTyped({ a: 1n });
    expect(await serializer.loadsTyped(type, stored)).toEqual({ a: 1n });
  });
});
