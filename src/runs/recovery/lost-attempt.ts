import { Injectable } from '@nestjs/common';
import { EventReader, type RunEvent } from '../../storage/log/event-reader.js';
import { EventLog } from '../../event-log/event-log.js';
import type { EventDraft } from '../../storage/log/event-draft.js';
import { Checkpointer } from '../../storage/checkpointer.js';
import type { Namespace } from '../../protocol/namespace.js';
import { AttemptTasks, type SavedStep } from './attempt-tasks.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { NormalisedEvent } from '../recording/normalise-event.js';
import { OpenParts } from '../recording/open-parts.js';
import type { LostAttempt } from '../run-lifecycle.js';
import type { Run } from '../../storage/rows/run.js';

interface Part {
  readonly seq: number;
  readonly namespace: Namespace;
}

const NOTHING: LostAttempt = { closers: [], abandoned: [] };
const MESSAGE = 'The server was stopped before this was finished.';

/** Reads from the log what the attempt of a lost process left open, and what of it will be done again. */
@Injectable()
export class LostAttempts {
  constructor(
    private readonly reader: EventReader,
    private readonly log: EventLog,
    private readonly checkpointer: Checkpointer,
  ) {}

  /** The events of a run's newest attempt; call it before the run is started again. */
  async read(run: Run): Promise<LostAttempt> {
    const head = this.log.head(run.threadId);
    if (!run.started || run.firstSeq === null || !head) return NOTHING;
    const open = new OpenParts();
    const tasks = new AttemptTasks((namespace) => this.savedStep(run, namespace));
    const parts: Part[] = [];
    for await (const event of this.eventsFrom(head.threadKey, run.runId, run.firstSeq)) {
      const namespace = JSON.parse(event.namespace) as Namespace;
      tasks.note(namespace, event.timestamp);
      const normalised = toNormalised(event, namespace);
      if (event.channel === 'checkpoints') await tasks.noteCheckpoint(namespace, String(fieldsOf(normalised.data).id));
      else open.note(normalised);
      if (event.channel === 'messages' || event.channel === 'tools') parts.push({ seq: event.seq, namespace });
    }
    const closers = open.closers({ children: 'failed', message: MESSAGE }).map((event) => toDraft(event, run.runId));
    const abandoned: number[] = [];
    for (const { seq, namespace } of parts) if (!(await tasks.isDone(namespace))) abandoned.push(seq);
    return { closers, abandoned };
  }

  private async *eventsFrom(threadKey: number, runId: string, firstSeq: number): AsyncGenerator<RunEvent> {
    for (let from = firstSeq; ; ) {
      const page = await this.reader.eventsOfRun(threadKey, runId, from);
      yield* page;
      const last = page.at(-1);
      if (!last) return;
      from = last.seq + 1;
    }
  }

  /** Null also for the root graph of a run that is given its input again: all of it is done again. */
  private async savedStep({ threadId, startCheckpointId }: Run, namespace: Namespace): Promise<SavedStep | null> {
    const checkpointNs = namespace.join('|');
    const newest = await this.checkpointer.newestCheckpoint(threadId, checkpointNs);
    if (!newest || newest.id === startCheckpointId) return null;
    const finishedTasks = await this.checkpointer.finishedTasks(threadId, checkpointNs);
    return {
      ts: newest.ts,
      finishedTasks,
      isSaved: (id) => this.checkpointer.hasCheckpoint(threadId, checkpointNs, id),
    };
  }
}

function toNormalised({ channel, envelope }: RunEvent, namespace: Namespace): NormalisedEvent {
  const { params } = JSON.parse(envelope) as { params: { node?: string; data: unknown } };
  return { method: channel, namespace, data: params.data, ...(params.node === undefined ? {} : { node: params.node }) };
}

function toDraft(event: NormalisedEvent, runId: string): EventDraft {
  return { ...event, data: JSON.stringify(event.data), runId, at: Date.now() };
}
