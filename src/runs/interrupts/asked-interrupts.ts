import { Injectable } from '@nestjs/common';
import { Checkpointer } from '../../storage/checkpointer.js';
import { GraphRegistry } from '../../graphs/graph-registry.js';
import type { TaskRef } from '../../storage/checkpointer.js';
import { RunConfigs } from '../../threads/run-configs.js';
import { toThreadState } from '../../threads/thread-state.js';
import { InterruptStorage } from '../../storage/interrupt-storage.js';
import type { InterruptRow } from '../../storage/rows/interrupt.js';
import type { Run, RunOutline } from '../../storage/rows/run.js';
import type { ListedInterrupts } from '../run-lifecycle.js';

/** Asks the checkpointer what a thread's interrupts still wait for. */
@Injectable()
export class AskedInterrupts {
  constructor(
    private readonly interrupts: InterruptStorage,
    private readonly graphs: GraphRegistry,
    private readonly checkpointer: Checkpointer,
    private readonly configs: RunConfigs,
  ) {}

  /** What the graph of the run says now. Null when the thread has no interrupts, so that there is nothing to decide. */
  async read(run: RunOutline): Promise<ListedInterrupts | null> {
    const rows = await this.interrupts.ofThread(run.threadId);
    if (rows.length === 0) return null;
    const { threadId, graphId, owner } = run;
    const config = (): Promise<object> => this.configs.newestOf(threadId, graphId);
    const graph = await this.graphs.get(graphId, { owner, config, accessContext: 'threads.read' });
    // With subgraphs: of two that wait in one subgraph its parent lists only the last.
    const snapshot = await graph.getState({ configurable: { thread_id: threadId } }, { subgraphs: true });
    const listed = new Set(toThreadState(snapshot, () => false).interrupts.map(({ id }) => id));
    const isFinished = await Promise.all(rows.map((row) => this.isFinished(row)));
    const finished = new Set(rows.filter((_, index) => isFinished[index]).map(({ interruptId }) => interruptId));
    return {
      isListed: ({ interruptId }) => listed.has(interruptId),
      isAsked: ({ interruptId }) => listed.has(interruptId) && !finished.has(interruptId),
    };
  }

  /** How many answers each task had consumed that this run is to answer, by interrupt id. */
  async resumeCounts(run: RunOutline): Promise<Record<string, number>> {
    if (run.answers.length === 0) return {};
    const all = await this.interrupts.ofThread(run.threadId);
    const rows = all.filter(({ interruptId }) => run.answers.includes(interruptId));
    const counts = rows.map(
      async (row) => [row.interruptId, await this.checkpointer.countResumes(taskOf(row))] as const,
    );
    return Object.fromEntries(await Promise.all(counts));
  }

  /**
   * The run as its graph is to be called when an earlier attempt was lost: without the answers that a task has
   * consumed since. It may have asked again under the same id, and would take the old answer for the new question.
   */
  async withoutConsumed(run: Run): Promise<Run> {
    const { command } = run.kwargs;
    if (!command?.resume) return run;
    const now = await this.resumeCounts(run);
    const given = Object.entries(command.resume);
    const left = given.filter(([id]) => (now[id] ?? 0) <= (run.resumeCounts[id] ?? 0));
    if (left.length === given.length) return run;
    if (left.length > 0)
      return { ...run, kwargs: { ...run.kwargs, command: { ...command, resume: Object.fromEntries(left) } } };
    return { ...run, kwargs: { ...run.kwargs, input: null, command: undefined } };
  }

  /**
   * Makes the tasks forget the answers that this run gave them, so that the same question is asked, and answered, anew.
   */
  async takeBackAnswers(run: RunOutline): Promise<void> {
    const counts = Object.entries(run.resumeCounts);
    const rows = counts.length > 0 ? await this.interrupts.ofThread(run.threadId) : [];
    for (const [id, count] of counts) {
      const row = rows.find(({ interruptId }) => interruptId === id);
      if (row) await this.checkpointer.trimResumes(taskOf(row), count);
    }
  }

  private async isFinished(row: InterruptRow): Promise<boolean> {
    const task = taskOf(row);
    const [root] = JSON.parse(row.namespace) as string[];
    if (await this.checkpointer.isFinished(task)) return true;
    if (root === undefined) return false;
    const rootTask = { threadId: row.threadId, namespace: '', taskId: root.slice(root.indexOf(':') + 1) };
    return this.checkpointer.isFinished(rootTask);
  }
}

function taskOf({ threadId, namespace, taskId }: InterruptRow): TaskRef {
  return { threadId, namespace: (JSON.parse(namespace) as string[]).join('|'), taskId };
}
