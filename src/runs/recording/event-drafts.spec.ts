import { EventDrafts } from './event-drafts.js';

const FLOOR = Date.now() + 60_000;
const drafts = new EventDrafts('run', () => FLOOR);

it('gives an event its run, its data as text and a time that is not below that of the state', () => {
  expect(drafts.draft({ method: 'custom', namespace: ['a:1'], node: 'a', name: 'x', data: { n: 1 } })).toEqual({
    method: 'custom', namespace: ['a:1'], node: 'a', name: 'x', data: '{"n":1}', runId: 'run', at: FLOOR,
  });
  const { at } = new EventDrafts('run', () => 0).draft({ method: 'values', namespace: [], data: {} });
  expect(at).toBeGreaterThan(FLOOR - 120_000);
});

it('leaves a question to the journal, with the text that it was raised with', () => {
  const interrupt = { interruptId: 'i', namespace: ['a:1'], taskId: 't', dataJson: '{"payload":1}', valueBytes: 1 };
  expect(drafts.draft({ method: 'input.requested', namespace: ['a:1'], data: null, interrupt })).toEqual({
    method: 'input.requested', namespace: ['a:1'], data: '{"payload":1}', runId: 'run', at: FLOOR, interrupt,
  });
});

it('refuses what has no JSON form', () => {
  const data = { toJSON: () => { throw new Error('never'); } };
  expect(() => drafts.draft({ method: 'values', namespace: [], data })).toThrow();
});
