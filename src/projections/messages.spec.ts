import type { LogRow } from './log-row.js';
import { type Message, type MessagePart, callsOf, followMessage, newMessage, textsOf } from './messages.js';

const row = (event: string, data: object = {}, call = 'call'): LogRow => ({
  seq: 2, kind: 0, method: 'messages', namespace: ['model:1'], node: 'model', at: 1, runId: 'r',
  data: { event, run_id: call, ...data },
});
const start = (role?: string, call?: string): LogRow => row('message-start', { id: 'm', role }, call);
const delta = (index: number, text: string): LogRow =>
  row('content-block-delta', { index, delta: { type: 'text-delta', text } });
const block = (index: number, content: object, call?: string): LogRow =>
  row('content-block-finish', { index, content }, call);
const text = (words: string): object => ({ type: 'text', text: words });

/** What the rows say one after the other, and the message of the last one. */
function follow(...rows: LogRow[]): { parts: (MessagePart | null)[]; message: Message; open: number } {
  const open = new Map<string, Message>();
  const told = rows.map((each) => followMessage(open, each, newMessage));
  return {
    parts: told.map((each) => each?.part ?? null),
    message: told.at(-1)?.message as Message,
    open: open.size,
  };
}

it('tells a message from its start to its end', () => {
  const { parts, message, open } = follow(
    start('ai'), row('content-block-start', { index: 0, content: { type: 'reasoning' } }), delta(1, 'Hi'), delta(1, ''),
    block(1, text('Hi')), row('message-finish'),
  );
  expect(parts).toEqual([
    { kind: 'started' }, { kind: 'thinking' }, { kind: 'piece', index: 1, text: 'Hi' }, null,
    { kind: 'block', type: 'text', unsaid: '' }, { kind: 'finished' },
  ]);
  expect([message.id, textsOf(message), open]).toEqual(['m', ['Hi'], 0]);
});

it('says a block whole whose pieces are not in the log, and the rest of one that began with words', () => {
  expect(follow(start(), block(0, text('All at once'))).parts[1]).toMatchObject({ unsaid: 'All at once' });
  const begun = row('content-block-start', { index: 0, content: text('All ') });
  expect(follow(start(), begun, block(0, text('All at once'))).parts.slice(1)).toEqual([
    { kind: 'piece', index: 0, text: 'All ' }, { kind: 'block', type: 'text', unsaid: 'at once' },
  ]);
});

it('has its blocks in their order, whichever is finished first', () => {
  const call = (id: string): object => ({ type: 'tool_call', id, name: 'look', args: { at: id } });
  const { message } = follow(start(), block(3, call('b')), block(2, text('two')), block(1, call('a')), block(0, text('one')));
  expect(textsOf(message)).toEqual(['one', 'two']);
  expect(callsOf(message)).toEqual([
    { id: 'a', name: 'look', input: { at: 'a' } }, { id: 'b', name: 'look', input: { at: 'b' } },
  ]);
  expect(message.callsTools).toBe(true);
});

it('asks for a tool also by a call that cannot be carried out', () => {
  const { message } = follow(start(), block(0, { type: 'invalid_tool_call', id: 'a' }));
  expect([message.callsTools, callsOf(message)]).toEqual([true, []]);
});

it('keeps apart what is said at once in one node', () => {
  const { message, open } = follow(start('ai', 'x'), start('ai', 'y'), block(0, text('X'), 'x'), block(0, text('Y'), 'y'));
  expect([textsOf(message), open]).toEqual([['Y'], 2]);
});

it.each([['ai', true], ['assistant', true], [undefined, true], ['human', false], ['tool', false]])(
  'takes the words of %s for those of a model: %s',
  (role, isModel) => expect(follow(start(role)).message.isModel).toBe(isModel),
);

it('is followed from where the log begins, unless its reader wants only whole ones', () => {
  expect(follow(delta(0, 'llo')).parts).toEqual([{ kind: 'piece', index: 0, text: 'llo' }]);
  expect(followMessage(new Map<string, Message>(), delta(0, 'llo'), () => null)).toBeNull();
});
