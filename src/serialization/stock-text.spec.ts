import { AIMessage, HumanMessage, RemoveMessage, ToolMessage } from '@langchain/core/messages';
import { MemorySaver } from '@langchain/langgraph-checkpoint';
import { stateJson } from '../graphs/state-json.js';
import { StateSerializer } from './state-serializer.js';

const stock = new MemorySaver().serde;
const serializer = new StateSerializer(1_000);

async function afterwards(value: unknown): Promise<unknown> {
  const [type, stored] = await stock.dumpsTyped(value);
  return serializer.read(type, stored);
}

const IDS = [
  ['langchain_core', 'document_loaders', 'langsmith', 'LangSmithLoader'],
  ['langchain_core', 'output_parsers', 'StringOutputParser'],
  ['langchain_core', 'nowhere', 'Nothing'],
  ['langchain', 'chat_models', 'openai', 'ChatOpenAI'],
  ['langchain_core', 'messages', 'constructor'],
  ['langchain_core', 'messages', 'BaseMessage'],
  ['langchain_core', 'messages', '__proto__'],
  ['x'],
  [],
];

describe('what LangGraph stored itself', () => {
  it('is read as LangGraph would read it', async () => {
    const call = { id: 'c', name: 'search', args: { q: 1, my_key: [2] }, type: 'tool_call' as const };
    const state = {
      messages: [
        new HumanMessage({ content: 'hi', id: '1', additional_kwargs: { my_key: { inner_key: 1 } } }),
        new AIMessage({
          content: 'x',
          id: '2',
          tool_calls: [call],
          usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
        }),
        new ToolMessage({ content: 'ok', tool_call_id: 'c', artifact: { a: [1] }, status: 'success' }),
        new RemoveMessage({ id: '1' }),
      ],
      set: new Set([1, 'a']),
      map: new Map<unknown, unknown>([['k', new Set([2])]]),
      pattern: /x/g,
      bytes: new Uint8Array([1, 2]),
      gone: undefined,
    };
    const [type, stored] = await stock.dumpsTyped(state);
    const read = (await afterwards(state)) as typeof state;
    const before = (await stock.loadsTyped(type, stored)) as typeof state;
    expect(stateJson(read)).toBe(stateJson(before));
    expect(read).toMatchObject({ set: state.set, map: state.map, pattern: state.pattern, bytes: state.bytes });
    expect(read.messages.map(({ constructor }) => constructor)).toEqual([
      HumanMessage,
      AIMessage,
      ToolMessage,
      RemoveMessage,
    ]);
    expect(Object.keys(read)).toContain('gone');
    expect((await afterwards(new TypeError('no'))) as Error).toEqual(new Error('no'));
  });

  it.each(IDS.map((id) => [JSON.stringify(id), id]))('makes nothing of %s, wherever it stands', async (_, id) => {
    const data = { lc: 1, type: 'constructor', id, kwargs: { a: { lc: 1, type: 'secret', id: ['HOME'] } } };
    expect(await afterwards({ data, list: [data] })).toEqual({ data, list: [data] });
    const message = new HumanMessage({ content: 'x', additional_kwargs: { data, list: [data], deep: { data } } });
    expect(((await afterwards(message)) as HumanMessage).additional_kwargs).toEqual({
      data,
      list: [data],
      deep: { data },
    });
  });

  it('that cannot be made an instance stays data', async () => {
    const texts = [
      '{"lc":1,"type":"constructor","id":["langchain_core","messages","AIMessage"],"kwargs":{"contentBlocks":[null],"tool_calls":[1]}}',
      '{"lc":2,"type":"constructor","id":["RegExp"],"args":["(","g"]}',
      '{"lc":2,"type":"constructor","id":["Map"],"args":[[1]]}',
      '{"lc":2,"type":"constructor","id":["Function"],"args":["return 1"]}',
      '{"lc":1,"type":"constructor"}',
    ];
    for (const text of texts) expect(serializer.read('json', text)).toEqual(JSON.parse(text));
  });
});
