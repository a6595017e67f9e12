import { ConflictException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../auth/caller.js';
import { Ownership } from '../../auth/ownership.js';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { Checkpointer } from '../../graphs/checkpoints/checkpointer.js';
import { stateJson } from '../../graphs/state-json.js';
import type { EventDraft } from '../../storage/event-draft.js';
import { type AskedInterrupt, ThreadCopies } from '../../storage/thread-copies.js';
import { metadataText } from '../../threads/metadata-text.js';
import { ThreadRepository } from '../../threads/thread-repository.js';
import { ThreadStateReader } from '../../threads/thread-state-reader.js';
import type { ThreadState } from '../../threads/thread-state.js';

/** Copies threads: what they know, not what happened on them. */
@Injectable()
export class ThreadCopying {
  constructor(
    private readonly threads: ThreadRepository,
    private readonly ownership: Ownership,
    private readonly checkpointer: Checkpointer,
    private readonly reader: ThreadStateReader,
    private readonly copies: ThreadCopies,
    private readonly log: EventLog,
    private readonly settings: Settings,
  ) {}

  /**
   * Makes a thread with the metadata, the checkpoints, the status and the open interrupts of another. Its log begins
   * with its state and its open interrupts; the runs and the events of the other thread stay there. The thread is there
   * as a whole once it can be found.
   * @returns its id
   * @throws NotFoundException also for another's thread; ConflictException while a run is active or waits
   */
  async copy(threadId: string, caller: Caller): Promise<string> {
    const row = this.ownership.assert(await this.threads.find(threadId), caller, `Thread ${threadId}`);
    const to = uuidv7();
    const metadata = { ...row.metadata, thread_id: to };
    const metadataJson = metadataText(metadata, this.settings, Buffer.byteLength(JSON.stringify(row.metadata)) + 64);
    const asked = await this.copies.openInterrupts(threadId);
    // In one tick: what is copied is what no run has touched.
    if ((this.log.head(threadId)?.openRuns ?? 0) > 0)
      throw new ConflictException(`Thread ${threadId} is busy: it can be copied once its runs have ended`);
    await this.checkpointer.copyThread(threadId, to);
    const state = await this.reader.read({ ...row, threadId: to });
    const announcedAt = await this.announce(to, state, asked);
    const { graphId, assistantId } = row;
    await this.copies.insert({ from: threadId, to, metadataJson, graphId, assistantId, announcedAt, now: Date.now() });
    return to;
  }

  /** Seqs of the open interrupts by their ids. */
  private announce(
    threadId: string,
    state: ThreadState | null,
    asked: readonly AskedInterrupt[],
  ): Promise<Record<string, number>> {
    if (!state?.checkpoint_id && asked.length === 0) return Promise.resolve({});
    return this.log.transact(threadId, (unit) => {
      if (state?.checkpoint_id) {
        unit.raiseTimestamp(Date.parse(state.created_at ?? '') || 0);
        for (const event of stateDrafts(state)) unit.append(event);
      }
      const seqs = asked.map(({ interruptId, namespace, dataJson }): [string, number] => [
        interruptId,
        unit.append(draft('input.requested', dataJson, JSON.parse(namespace) as string[])),
      ]);
      unit.head.openInterrupts = asked.length;
      return Object.fromEntries(seqs);
    }, { waits: false });
  }
}

/** The events that tell a thread's state outside of a run: its root checkpoint, and the values there. */
function stateDrafts({ checkpoint_id, parent_checkpoint_id, metadata, values }: ThreadState): EventDraft[] {
  const { step, source } = metadata;
  const checkpoint = {
    id: checkpoint_id,
    ...(parent_checkpoint_id === null ? {} : { parent_id: parent_checkpoint_id }),
    step,
    source,
  };
  return [draft('checkpoints', JSON.stringify(checkpoint)), draft('values', stateJson(values))];
}

function draft(method: string, data: string, namespace: readonly string[] = []): EventDraft {
  return { method, namespace, data, runId: null, at: Date.now() };
}
