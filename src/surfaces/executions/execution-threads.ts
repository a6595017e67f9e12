import { setImmediate as nextTurn } from 'node:timers/promises';
import { ForbiddenException, Injectable } from '@nestjs/common';
import { EventLog } from '../../event-log/event-log.js';
import { readRow } from '../../projections/log-row.js';
import { EventReader } from '../../storage/log/event-reader.js';
import { RunStorage } from '../../storage/run-storage.js';
import type { Run, RunOutline } from '../../storage/rows/run.js';
import { executionId } from './execution.js';
import { CHANNELS_JSON, isOfRun } from './execution-row.js';
import { ThreadProjector } from './thread-projector.js';

/** Executions of other graphs that are looked at to tell whether a name is theirs. */
const LOOKED_AT = 50;

/** What is known of a run from the log. */
interface Known {
  readonly names: ReadonlySet<string>;
  readonly ended: boolean;
}

/** Knows which threads an execution has had. */
@Injectable()
export class ExecutionThreads {
  constructor(
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly runs: RunStorage,
  ) {}

  /** Whether the run ended with a question that is somebody's to answer. */
  async isBlocked({ threadId, runId, status }: Run): Promise<boolean> {
    const head = status === 'success' ? this.log.head(threadId) : null;
    if (!head) return false;
    const rows = await this.reader.lifecycleOf(head.threadKey, runId);
    const last = rows.findLast(({ namespace }) => namespace.length === 0);
    return last?.data.event === 'interrupted';
  }

  /**
   * A thread may be asked for before it begins, so an unknown name is no fault by itself.
   * @throws ForbiddenException (403) for one that cannot be of this execution: it has ended without it, or the name is
   *   that of another graph, or of a thread of an execution of another graph
   */
  async assertOwn(run: Run, names: readonly string[]): Promise<void> {
    const own = await this.known(run);
    const unknown = names.filter((name) => !own.names.has(name));
    if (unknown.length === 0) return;
    const foreign = own.ended ? unknown[0] : await this.findForeign(run, unknown);
    if (foreign !== undefined) {
      throw new ForbiddenException(`Thread ${foreign} is not a thread of execution ${executionId(run.runId)}`);
    }
  }

  private async findForeign(run: Run, names: readonly string[]): Promise<string | undefined> {
    const recent = await this.runs.outlinesOfOwner({ owner: run.owner, threadId: null, limit: LOOKED_AT, offset: 0 });
    const others = recent.filter(({ graphId }) => graphId !== run.graphId);
    const subagents = await Promise.all(others.map((other) => this.subagentNames(other)));
    const theirs = new Set([...others.map(({ graphId }) => graphId), ...subagents.flat()]);
    return names.find((name) => theirs.has(name));
  }

  private async subagentNames({ threadId, runId }: RunOutline): Promise<string[]> {
    const head = this.log.head(threadId);
    const rows = head ? await this.reader.lifecycleOf(head.threadKey, runId) : [];
    return rows.flatMap(({ data }) => ('cause' in data && data.graph_name !== undefined ? [data.graph_name] : []));
  }

  private async known(run: Run): Promise<Known> {
    const projector = new ThreadProjector(run.graphId);
    const head = this.log.head(run.threadId);
    const start = head && (await this.reader.runStartOf(head.threadKey, run.runId));
    const first = start && start.seq;
    if (head && first !== null) {
      const filter = { channelsJson: CHANNELS_JSON, matches: isOfRun.bind(null, run.runId) };
      const { threadKey, lastSeq } = head;
      for (let after = (first ?? 0) - 1; after < lastSeq && !projector.ended; await nextTurn()) {
        const page = await this.reader.readPage({
          threadKey, after, through: lastSeq, filter, maxBytes: Number.MAX_SAFE_INTEGER, skipCursorOnlyThrough: 0,
        });
        for (const event of page.events) projector.project(readRow(event));
        after = page.through;
      }
    }
    return { names: projector.threads.names, ended: projector.ended };
  }
}
