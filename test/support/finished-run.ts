import type { EventDraft } from '../../src/storage/log/event-draft.js';
import { draftOf } from './temporary-log.js';

/** What a run writes, one event after the other, each with whether its compaction must keep it. */
export class FinishedRun {
  readonly drafts: EventDraft[] = [];

  constructor(readonly runId: string, private readonly at = 1_000) {
    this.add('lifecycle', { event: 'running' });
  }

  add(method: string, data: unknown, parts: Partial<EventDraft> = {}): this {
    this.drafts.push(draftOf(data, { method, runId: this.runId, at: this.at, ...parts }));
    return this;
  }

  values(namespace: string[] = []): this {
    return this.add('values', { count: this.drafts.length }, { namespace });
  }

  checkpoint(namespace: string[] = []): this {
    return this.add('checkpoints', { id: `${this.drafts.length}` }, { namespace });
  }

  /** `input: null` is an input too. */
  taskStart(namespace: string[] = []): this {
    return this.add('tasks', { id: 't', name: 'agent', input: null, triggers: [] }, { namespace });
  }

  taskResult(namespace: string[] = []): this {
    return this.add('tasks', { id: 't', name: 'agent', result: { input: 'not its own' } }, { namespace });
  }

  message(event: string, data: object = {}, call = 'call-1'): this {
    return this.add('messages', { event, run_id: call, ...data }, { namespace: ['agent:1'], node: 'agent' });
  }

  delta(index = 0, call?: string): this {
    return this.message('content-block-delta', { index, delta: { type: 'text-delta', text: 'a' } }, call);
  }

  /** A message of one block, from its start to its end. */
  reply(deltas: number): this {
    this.message('message-start', { id: 'm', role: 'ai' }).message('content-block-start', {
      index: 0,
      content: { type: 'text', text: '' },
    });
    for (let i = 0; i < deltas; i += 1) this.delta();
    return this.message('content-block-finish', { index: 0, content: { type: 'text', text: 'aa' } }).message(
      'message-finish',
    );
  }

  end(event = 'completed'): EventDraft[] {
    return this.add('lifecycle', { event }).drafts;
  }
}
