import { ROW_KIND } from '../../storage/log/event-draft.js';
import type { LogEvent } from '../../storage/log/log-event.js';
import { envelopeText } from '../../protocol/envelope.js';
import { FrameRow } from './frame-row.js';
import { RunFrames } from './run-frames.js';
import type { StreamMode } from '../../protocol/stream-mode.js';

function row(method: string, data: unknown, namespace: string[] = [], seq = 2): FrameRow {
  const text = JSON.stringify(namespace);
  const event: LogEvent = {
    seq, kind: ROW_KIND.protocol, channel: method, method, name: null, namespace: text, runId: 'r', cursorOnly: false,
    envelope: envelopeText('id', seq, 5, { method, namespace: text, node: 'a "data": node', data: JSON.stringify(data) }),
  };
  return new FrameRow(event);
}

const frames = (mode: StreamMode, subgraphs = false): RunFrames =>
  new RunFrames({ modes: [mode], subgraphs, ids: { run_id: 'r' } });

describe('a row', () => {
  it('gives its data as it is stored, whatever stands before it', () => {
    const made = row('values', { a: '"data":1' }, ['"data":x:1']);
    expect([made.dataText, made.node, made.namespace, made.timestamp]).toEqual([
      '{"a":"\\"data\\":1"}', 'a "data": node', ['"data":x:1'], 5,
    ]);
  });
});

describe('custom', () => {
  it.each([
    [{ payload: 1 }, '1'], [{ payload: { a: 1 } }, '{"a":1}'], [{ name: 'n', payload: 1 }, '{"name":"n","payload":1}'],
    [{ name: null, b: 1 }, '{"name":null,"b":1}'],
  ])('is what the node wrote (%j)', (data, told) => {
    expect(frames('custom').project(row('custom', data))).toEqual([{ event: 'custom', data: told }]);
  });
});

describe('updates', () => {
  const update = { node: 'n', values: { value: 'x' } };

  it('tells a value that is no object from a state with that key, by the result of its task', () => {
    const plain = frames('updates');
    expect(plain.project(row('updates', update))).toEqual([]);
    expect(plain.project(row('tasks', { id: '1', result: {} }))).toEqual([{ event: 'updates', data: '{"n":"x"}' }]);
    const state = frames('updates');
    state.project(row('updates', update));
    expect(state.project(row('tasks', { id: '1', result: { value: 'x' } }))).toEqual([
      { event: 'updates', data: '{"n":{"value":"x"}}' },
    ]);
  });
});

describe('subgraphs', () => {
  it('are shown where they are asked for, on one line', () => {
    const inside = row('values', {}, ['no\nde:1', 'b:2']);
    expect(frames('values').project(inside)).toEqual([]);
    expect(frames('values', true).project(inside)).toEqual([{ event: 'values|no de:1|b:2', data: '{}' }]);
  });
});

describe('the end of a run', () => {
  it('is an error in every mode when it has failed, and only at the root', () => {
    const failed = { event: 'failed', error: 'no', error_type: 'TypeError' };
    expect(frames('tasks').project(row('lifecycle', failed))).toEqual([
      { event: 'error', data: '{"error":"TypeError","message":"no"}' },
    ]);
    expect(frames('tasks').project(row('lifecycle', failed, ['a:1']))).toEqual([]);
  });
});
