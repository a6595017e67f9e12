import { CheckpointPairs } from './checkpoint-pairs.js';
import type { RecordedDraft } from './event-drafts.js';

const draft = (method: string, at = 1): RecordedDraft =>
  ({ method, namespace: [], data: '{}', runId: 'run', at });
const question = (): RecordedDraft => ({
  ...draft('input.requested'),
  interrupt: { interruptId: 'i', namespace: [], taskId: 't', dataJson: '{}', valueBytes: 2 },
});

/** The batches that come out, each as `<method>@<time>` of its drafts. */
function batches(...drafts: RecordedDraft[]): string[][] {
  const pairs = new CheckpointPairs();
  const out: string[][] = [];
  const next = (batch: readonly RecordedDraft[]): void =>
    void out.push(batch.map(({ method, at }) => `${method}@${at}`));
  for (const each of drafts) pairs.pass(each, next);
  pairs.rest(next);
  pairs.rest(next);
  return out;
}

describe('a checkpoint', () => {
  it('goes on with its values, at the time of the later of the two', () => {
    expect(batches(draft('checkpoints', 1), draft('values', 3))).toEqual([['checkpoints@3', 'values@3']]);
    expect(batches(draft('checkpoints', 4), draft('values', 3))).toEqual([['checkpoints@4', 'values@3']]);
  });

  it('goes alone before another checkpoint, before a question, and at the end', () => {
    expect(batches(draft('checkpoints'), draft('checkpoints'))).toEqual([['checkpoints@1'], ['checkpoints@1']]);
    expect(batches(draft('checkpoints'), question())).toEqual([['checkpoints@1'], ['input.requested@1']]);
  });

  it('is all that is held', () => {
    expect(batches(draft('values'), draft('messages'))).toEqual([['values@1'], ['messages@1']]);
  });
});
