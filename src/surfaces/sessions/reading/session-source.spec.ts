import { setImmediate as nextTurn } from 'node:timers/promises';
import { SEED, RandomChoices } from '../../../../test/support/random-choices.js';
import { openTemporaryLog } from '../../../../test/support/temporary-log.js';
import { type FollowSink, follow } from '../../../delivery/follow.js';
import { RunFacts } from '../projection/run-facts.js';
import { SessionFolds } from './session-fold.js';
import { SessionSource } from './session-source.js';
import { SessionView } from './session-view.js';

const THREAD = '01a1fb7b-832e-704f-b931-c3f40a27774e';
const SUBJECT = { threadId: THREAD, agentName: 'desk', createdAt: 0 };

/** A reader that has room only now and then. */
class MoodySink implements FollowSink<Uint8Array> {
  text = '';
  closed = false;
  private onGone: (() => void)[] = [];

  constructor(private readonly choices: RandomChoices) {}

  room(): number {
    return this.choices.chance(0.3) ? 0 : 100_000;
  }

  write(chunk: Uint8Array): void {
    this.text += Buffer.from(chunk).toString();
  }

  drained(): Promise<void> {
    return nextTurn();
  }

  onClose(listener: () => void): () => void {
    this.onGone.push(listener);
    return () => undefined;
  }

  close(): void {
    this.closed = true;
    for (const listener of this.onGone) listener();
  }
}

it(`gives a reader every event once, in order, though it has no room for many, seed ${SEED}`, async () => {
  const choices = new RandomChoices();
  const storage = await openTemporaryLog({ READ_PAGE_ROWS: 5 });
  const facts = new RunFacts(storage.runs, storage.log, storage.reader);
  const folds = new SessionFolds(storage.log, storage.reader, facts, storage.settings);
  const view = new SessionView(THREAD, { of: 'all', profile: 'anthropic', types: null, previews: ['agent.message'] });
  const sink = new MoodySink(choices);
  const append = (method: string, data: object) => storage.log.append(THREAD, [
    { method, namespace: [], node: 'model', data: JSON.stringify(data), runId: 'r1', at: 1_000 },
  ]);
  await append('lifecycle', { event: 'running' });
  const fold = folds.open(SUBJECT);
  const following = follow(new SessionSource(fold, view, storage.log, storage.subjects), sink, fold.through);
  for (let turn = 0; turn < 60; turn += 1) {
    await append('messages', { event: 'message-start', role: 'ai', run_id: turn });
    for (const text of ['a', 'b', 'c']) {
      await append('messages', {
        event: 'content-block-delta',
        index: 0,
        delta: { type: 'text-delta', text },
        run_id: turn,
      });
    }
    await append('messages', {
      event: 'content-block-finish',
      index: 0,
      content: { type: 'text', text: 'abc' },
      run_id: turn,
    });
    await append('messages', { event: 'message-finish', run_id: turn });
    if (choices.chance(0.5)) await nextTurn();
  }
  while (fold.through < storage.log.lastSeq(THREAD)) await nextTurn();
  await nextTurn();
  await nextTurn();
  sink.close();
  await following;

  const expected: string[] = [];
  await folds.open(SUBJECT).catchUp(({ event }) => void expected.push(event.id));
  expect([...sink.text.matchAll(/^id: (\S+)$/gm)].map((match) => match[1])).toEqual(expected);
  const started = [...sink.text.matchAll(/"event_start","event":\{"type":"agent.message","id":"(\w+)"/g)].map(
    (match) => match[1],
  );
  const pieces = [...sink.text.matchAll(/"event_id":"(\w+)".*?"text":"(\w)"/g)];
  expect(new Set(started).size).toBe(started.length);
  for (const id of started) {
    const text = pieces.filter((match) => match[1] === id).map((match) => match[2]).join('');
    expect('abc'.startsWith(text)).toBe(true);
  }
  await storage.close();
});
