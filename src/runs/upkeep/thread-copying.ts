import { ConflictException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../auth/caller.js';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { Checkpointer } from '../../storage/checkpointer.js';
import type { EventDraft } from '../../storage/log/event-draft.js';
import type { ThreadRow } from '../../storage/rows/thread.js';
import { ThreadLifetimes } from '../../storage/thread-search.js';
import type { ThreadUnit } from '../../storage/unit/thread-unit.js';
import { stateDrafts } from '../../threads/state-events.js';
import { metadataText } from '../../threads/metadata-text.js';
import { ThreadStateReader } from '../../threads/thread-state-reader.js';
import type { ThreadState } from '../../threads/thread-state.js';
import { type ThreadOriginal, ThreadOriginals } from './thread-originals.js';

/** What a copy is made of. */
interface Source extends ThreadOriginal {
  readonly metadataJson: string;
  readonly state: ThreadState | null;
}

/** Copies threads: what they know, not what happened on them. */
@Injectable()
export class ThreadCopying {
  constructor(
    private readonly originals: ThreadOriginals,
    private readonly lifetimes: ThreadLifetimes,
    private readonly checkpointer: Checkpointer,
    private readonly reader: ThreadStateReader,
    private readonly log: EventLog,
    private readonly settings: Settings,
  ) {}

  /**
   * Makes a thread with the metadata, the checkpoints, the status and the interrupts of another. Its log begins with
   * its state and its open interrupts, in the commit that makes it; the runs and the events of the other stay there.
   * @returns its id
   * @throws NotFoundException also for another's thread; ConflictException while a run is active or waits
   */
  async copy(threadId: string, caller: Caller): Promise<string> {
    const original = await this.originals.read(threadId, caller);
    const to = uuidv7();
    const metadataJson = this.metadataOf(original.thread, to);
    // In one tick: what is copied is what no run is changing.
    if ((this.log.head(threadId)?.openRuns ?? 0) > 0)
      throw new ConflictException(`Thread ${threadId} is busy: it can be copied once its runs have ended`);
    await this.checkpointer.copyThread(threadId, to);
    const state = await this.reader.read({ ...original.thread, threadId: to });
    const source = { ...original, metadataJson, state };
    await this.log.transact(to, (unit) => make(unit, source), { waits: false });
    const lifetime = await this.lifetimes.find(threadId);
    if (lifetime) await this.lifetimes.save(to, lifetime);
    return to;
  }

  private metadataOf({ metadata }: ThreadRow, to: string): string {
    const formerBytes = Buffer.byteLength(JSON.stringify(metadata));
    // An id more than the other has is no reason to refuse.
    return metadataText({ ...metadata, thread_id: to }, this.settings, formerBytes + 2 * to.length);
  }
}

function make(unit: ThreadUnit, { thread, metadataJson, state, interrupts, questions }: Source): void {
  const { owner, graphId, assistantId, config } = thread;
  const now = Date.now();
  unit.thread.insertIfAbsent({ owner, graphId, assistantId, metadataJson, configJson: JSON.stringify(config), now });
  unit.thread.setStatus(thread.status, now, thread.error);
  if (state?.checkpoint_id) {
    unit.raiseTimestamp(Date.parse(state.created_at ?? '') || 0);
    for (const event of stateDrafts(state)) unit.append(event);
  }
  for (const row of interrupts) {
    const dataJson = questions.get(row.interruptId) ?? '{}';
    const isOpen = row.answeredByRun === null;
    // An answered one may be listed by the graph still, and is not asked for any more.
    const requestedSeq = isOpen
      ? unit.append(draft('input.requested', dataJson, JSON.parse(row.namespace) as string[]))
      : 0;
    unit.interrupts.save({ ...row, threadId: unit.threadId, requestedSeq, answeredSeq: null }, dataJson, now);
  }
  unit.head.openInterrupts = unit.interrupts.open().length;
}

function draft(method: string, data: string, namespace: readonly string[] = []): EventDraft {
  return { method, namespace, data, runId: null, at: Date.now() };
}
