import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { EventLog } from '../event-log/event-log.js';
import type { EventDraft } from '../event-log/event-draft.js';
import type { NormalisedEvent } from './normalise-event.js';
import { OpenParts } from './open-parts.js';
import type { LostAttempt } from './run-lifecycle.js';
import type { Run } from './run.js';

interface StoredEvent {
  readonly seq: number;
  readonly channel: string;
  readonly namespace: string;
  readonly envelope: string;
}

const NOTHING: LostAttempt = { closers: [], abandoned: [] };
const MESSAGE = 'The server was stopped before this was finished.';

/** Reads from the log what the attempt of a lost process left open, and what of it will be done again. */
@Injectable()
export class LostAttempts {
  private readonly select;

  constructor(database: Database, private readonly log: EventLog) {
    this.select = database.handle.prepare<[number, number, string], StoredEvent>(
      `SELECT seq, channel, namespace, envelope FROM events WHERE thread_key = ? AND seq >= ? AND run_id = ?
         AND channel IN ('messages', 'tools', 'lifecycle', 'checkpoints') ORDER BY seq`,
    );
  }

  /**
   * @param finishedTasks ids of tasks whose writes are saved on the newest checkpoint: they are not done again
   */
  read(run: Run, finishedTasks: ReadonlySet<string>): LostAttempt {
    const head = this.log.head(run.threadId);
    if (!run.started || run.firstSeq === null || !head) return NOTHING;
    const open = new OpenParts();
    let redone: StoredEvent[] = [];
    for (const event of this.select.iterate(head.threadKey, run.firstSeq, run.runId)) {
      const namespace = JSON.parse(event.namespace) as string[];
      if (event.channel === 'checkpoints') {
        if (namespace.length === 0) redone = [];
        continue;
      }
      open.note(toNormalised(event, namespace));
      if (event.channel !== 'lifecycle' && !isFinished(namespace, finishedTasks)) redone.push(event);
    }
    const closers = open.closers({ children: 'failed', message: MESSAGE }).map((event) => toDraft(event, run.runId));
    return { closers, abandoned: redone.map(({ seq }) => seq) };
  }
}

function isFinished([segment]: readonly string[], finishedTasks: ReadonlySet<string>): boolean {
  return segment !== undefined && finishedTasks.has(segment.slice(segment.indexOf(':') + 1));
}

function toNormalised({ channel, envelope }: StoredEvent, namespace: string[]): NormalisedEvent {
  const { params } = JSON.parse(envelope) as { params: { node?: string; data: unknown } };
  return { method: channel, namespace, data: params.data, ...(params.node === undefined ? {} : { node: params.node }) };
}

function toDraft(event: NormalisedEvent, runId: string): EventDraft {
  return { ...event, data: JSON.stringify(event.data), runId, at: Date.now() };
}
