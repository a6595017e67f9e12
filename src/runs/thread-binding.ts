import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import type { RunOutline } from '../storage/rows/run.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import { ThreadMetadata } from '../threads/thread-metadata.js';

/** What a thread keeps of the run that it is bound by. */
export interface BindingRun extends Pick<RunOutline, 'graphId' | 'assistantId'> {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The thread's side of an accepted run, inside the transaction that accepts it. */
@Injectable()
export class ThreadBinding {
  constructor(private readonly metadata: ThreadMetadata, private readonly ownership: Ownership) {}

  /** @throws NotFoundException for another's thread; one that does not exist is anybody's */
  assertOwner({ thread, threadId }: ThreadUnit, caller: Caller): void {
    if (thread.outline) this.ownership.assert(thread.outline, caller, `Thread ${threadId}`);
  }

  /** Makes the thread if it is missing, binds it to the graph, merges the run's metadata into it; it is busy now. */
  bind(unit: ThreadUnit, caller: Caller, run: BindingRun, now: number): void {
    const metadata = { ...run.metadata, graph_id: run.graphId, assistant_id: run.assistantId };
    const { outline } = unit.thread;
    if (!outline) this.metadata.insertIfAbsent(unit, { owner: caller.owner, metadata, now });
    // Not so for most runs of a thread: what is stored is neither read nor written for them.
    else if (changes(outline, run)) this.metadata.merge(unit, metadata, now);
    unit.thread.setStatus('busy', now);
  }
}

function changes(thread: { graphId: string | null; assistantId: string | null }, run: BindingRun): boolean {
  const { graphId, assistantId, metadata } = run;
  return thread.graphId !== graphId || thread.assistantId !== assistantId || Object.keys(metadata).length > 0;
}
