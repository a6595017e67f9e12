import type { NormalisedEvent } from './normalise-event.js';
import { OpenParts } from './open-parts.js';

const message = (node: string, event: string, more: object = {}): NormalisedEvent =>
  ({ method: 'messages', namespace: [`${node}:1`], node, data: { event, run_id: `call of ${node}`, ...more } });
const idOf = ({ data }: NormalisedEvent): unknown => (data as { message_id?: string }).message_id;

/** The open parts once these nodes have begun to speak. */
function speaking(...nodes: string[]): OpenParts {
  const parts = new OpenParts();
  for (const node of nodes) parts.note(message(node, 'message-start', { id: `message of ${node}` }));
  return parts;
}

/** The event as it goes on. */
function passed(parts: OpenParts, event: NormalisedEvent): NormalisedEvent {
  const out: NormalisedEvent[] = [];
  parts.pass(event, (each) => out.push(each));
  return out[0] as NormalisedEvent;
}

describe('the id of a message', () => {
  it('is in what follows its start while another of the same graph is open', () => {
    const parts = speaking('left', 'right');
    expect(['left', 'right'].map((node) => idOf(passed(parts, message(node, 'content-block-delta'))))).toEqual([
      'message of left', 'message of right',
    ]);
  });

  it('is left out while it is alone', () => {
    const parts = speaking('left', 'right');
    parts.note(message('right', 'message-finish'));
    expect(passed(parts, message('left', 'content-block-delta'))).toEqual(message('left', 'content-block-delta'));
  });

  it('is left out beside a message of another graph', () => {
    const parts = speaking('left');
    parts.note({ ...message('right', 'message-start', { id: 'm' }), namespace: ['sub:1', 'right:2'] });
    expect(idOf(passed(parts, message('left', 'content-block-delta')))).toBeUndefined();
  });

  it('is in what closes several', () => {
    const closers = speaking('left', 'right').closers({ children: 'interrupted', message: 'over' });
    expect(closers.map(({ data }) => data)).toEqual([
      { event: 'error', message: 'over', run_id: 'call of left', message_id: 'message of left' },
      { event: 'error', message: 'over', run_id: 'call of right', message_id: 'message of right' },
    ]);
  });
});

it('an event that the log did not take is not closed', () => {
  const parts = new OpenParts();
  const refuse = (): void => {
    throw new Error('no JSON form');
  };
  expect(() => parts.pass(message('left', 'message-start', { id: 'm' }), refuse)).toThrow('no JSON form');
  expect(parts.closers({ children: 'failed', message: 'over' })).toEqual([]);
});
