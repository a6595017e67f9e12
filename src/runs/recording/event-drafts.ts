import { stateJson } from '../../graphs/state-json.js';
import type { EventDraft } from '../../storage/log/event-draft.js';
import type { RaisedInterrupt } from '../interrupts/interrupt-journal.js';
import type { NormalisedEvent } from './normalise-event.js';
import type { Stage } from './stages.js';

/** A draft on its way to the log; that of a question is written by the journal, with the question's row. */
export interface RecordedDraft extends EventDraft {
  readonly interrupt?: RaisedInterrupt;
}

/** Makes an event of a run a draft: its data as text, its time never below that of the state that it may tell of. */
export class EventDrafts implements Stage<NormalisedEvent, RecordedDraft> {
  /** @param floor epoch ms below which no event of the thread may lie: its newest root checkpoint. */
  constructor(private readonly runId: string, private readonly floor: () => number) {}

  /** @throws UnserializableStateError for data that has no JSON form */
  pass(event: NormalisedEvent, next: (draft: RecordedDraft) => void): void {
    next(this.draft(event));
  }

  /** @throws UnserializableStateError for data that has no JSON form */
  draft({ method, namespace, node, name, data, interrupt }: NormalisedEvent): RecordedDraft {
    const { runId } = this;
    const at = Math.max(Date.now(), this.floor());
    if (interrupt) return { method, namespace, data: interrupt.dataJson, runId, at, interrupt };
    return { method, namespace, node, name, data: stateJson(data), runId, at };
  }
}
