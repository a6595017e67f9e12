import { openTemporaryLog, type TemporaryLog } from '../../../../test/support/temporary-log.js';
import { SEED, RandomChoices } from '../../../../test/support/random-choices.js';
import type { EventDraft } from '../../../storage/log/event-draft.js';
import { RunFacts } from '../projection/run-facts.js';
import { SessionFolds } from './session-fold.js';
import type { SessionEvent } from '../projection/session-event.js';

const THREAD = '01a1fb7b-832e-704f-b931-c3f40a27774e';
const SUBJECT = { threadId: THREAD, agentName: 'desk', createdAt: 0 };

let storage: TemporaryLog;
let folds: SessionFolds;
beforeEach(async () => {
  storage = await openTemporaryLog({ READ_PAGE_ROWS: 7 });
  folds = openFolds();
});
afterEach(() => storage.close());

function openFolds(): SessionFolds {
  const facts = new RunFacts(storage.runs, storage.log, storage.reader);
  return new SessionFolds(storage.log, storage.reader, facts, storage.settings);
}

const draft = (method: string, namespace: string[], data: object, runId: string): EventDraft =>
  ({ method, namespace, node: 'model', data: JSON.stringify(data), runId, at: 1_000 });

/** A turn with a subagent that asks something now and then. */
function turn(run: number, asks: boolean): EventDraft[] {
  const id = `r${run}`;
  const child = [`tools:${run}`];
  const say = (namespace: string[], text: string): EventDraft[] => [
    draft('messages', namespace, { event: 'message-start', role: 'ai', run_id: text }, id),
    draft(
      'messages',
      namespace,
      { event: 'content-block-delta', index: 0, delta: { type: 'text-delta', text }, run_id: text },
      id,
    ),
    draft(
      'messages',
      namespace,
      { event: 'content-block-finish', index: 0, content: { type: 'text', text }, run_id: text },
      id,
    ),
    draft(
      'messages',
      namespace,
      {
        event: 'content-block-finish',
        index: 1,
        content: { type: 'tool_call', id: `c${run}`, name: 'task', args: { run } },
        run_id: text,
      },
      id,
    ),
    draft('messages', namespace, { event: 'message-finish', run_id: text }, id),
  ];
  return [
    draft('lifecycle', [], { event: 'running' }, id),
    ...say([], `turn ${run}`),
    draft(
      'lifecycle',
      child,
      { event: 'started', graph_name: 'helper', cause: { type: 'toolCall', tool_call_id: `c${run}` } },
      id,
    ),
    ...say(child, `help ${run}`),
    ...(asks ? [draft('input.requested', child, { interrupt_id: `i${run}`, payload: run }, id)] : []),
    draft('lifecycle', child, { event: asks ? 'interrupted' : 'completed', graph_name: 'helper' }, id),
    draft('lifecycle', [], { event: asks ? 'interrupted' : 'completed' }, id),
  ];
}

async function eventsAbove(from: number, opened = folds): Promise<{ seq: number; event: SessionEvent }[]> {
  const seen: { seq: number; event: SessionEvent }[] = [];
  await opened.open(SUBJECT, from).catchUp(({ seq, event }) => {
    if (seq > from) seen.push({ seq, event });
  });
  return seen;
}

it(`gives the same events whether it begins at the start or where an earlier one came to, seed ${SEED}`, async () => {
  const choices = new RandomChoices();
  for (let run = 0; run < 40; run += 1) {
    for (const one of turn(run, choices.chance(0.3))) {
      await storage.log.append(THREAD, [one]);
      if (choices.chance(0.05)) await folds.openAtHead(SUBJECT);
    }
  }
  const head = storage.log.lastSeq(THREAD);
  const whole = await eventsAbove(0, openFolds());
  expect(whole.length).toBeGreaterThan(300);
  expect(folds.open(SUBJECT, head).through).toBeGreaterThan(200);
  for (let from = 0; from < head; from += 13) {
    expect(await eventsAbove(from)).toEqual(whole.filter(({ seq }) => seq > from));
  }
});

it('changes nothing in what it began from', async () => {
  for (let run = 0; run < 20; run += 1) await storage.log.append(THREAD, turn(run, true));
  const { projector } = await folds.openAtHead(SUBJECT);
  projector.state.questions.clear();
  projector.state.primary.status = 'terminated';
  const again = folds.open(SUBJECT, storage.log.lastSeq(THREAD)).projector.state;
  expect(again.primary.status).toBe('idle');
  const [question] = again.questions.values();
  expect(again.threads()).toContain(question?.thread);
});

it('does not know a thread any more that it was told to forget', async () => {
  for (let run = 0; run < 20; run += 1) await storage.log.append(THREAD, turn(run, false));
  await folds.openAtHead(SUBJECT);
  folds.forget(THREAD);
  expect(folds.open(SUBJECT, Number.MAX_SAFE_INTEGER).through).toBe(1);
});
