import type { LogRow } from './log-row.js';
import { terminalOf } from './terminal.js';

const lifecycle = (data: Record<string, unknown>): LogRow =>
  ({ seq: 2, kind: 0, method: 'lifecycle', namespace: [], node: null, at: 1, runId: 'r', data });

it.each(['completed', 'failed', 'interrupted'])('%s is an end', (event) => {
  expect(terminalOf(lifecycle({ event }))).toEqual({ how: event, error: null, isRefusal: false });
});

it.each(['running', 'started', 'new', undefined])('%s is none', (event) => {
  expect(terminalOf(lifecycle({ event }))).toBeNull();
});

it('tells why a run failed, and one that only refused an answer from the others', () => {
  expect(terminalOf(lifecycle({ event: 'failed', error: 'no ink' }))).toMatchObject({ error: 'no ink' });
  expect(terminalOf(lifecycle({ event: 'failed', reason: 'unknown_interrupt' }))).toMatchObject({ isRefusal: true });
});
