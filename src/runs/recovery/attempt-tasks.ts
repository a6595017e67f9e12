import type { Awaitable } from '../../storage/awaitable.js';
import { type Namespace, namespaceText } from '../../protocol/namespace.js';

/** What the checkpointer holds of one graph of the run: the root graph, or a subgraph at its namespace. */
export interface SavedStep {
  /** Epoch ms at which its newest checkpoint was made. */
  readonly ts: number;
  /** Tasks whose writes are saved: they are not run again. */
  readonly finishedTasks: ReadonlySet<string>;
  /** Whether it has this checkpoint. Ids do not tell: they begin with the time of a clock that may step back. */
  isSaved(checkpointId: string): Awaitable<boolean>;
}

interface Task {
  readonly firstSeen: number;
  /** A saved checkpoint was announced after it. */
  stepEnded: boolean;
}

/**
 * Tells which tasks of a lost attempt are not run again: those whose step ended in a checkpoint that was saved, and
 * those whose writes were. A task that is run again goes on inside at the newest checkpoint of its own subgraph.
 *
 * A checkpoint is announced in the log only when its step changed the values; of the others the time decides: a task
 * that was first heard of before the checkpoint was made belongs to the step that it ended.
 */
export class AttemptTasks {
  private readonly tasks = new Map<string, Task>();
  private readonly children = new Map<string, Task[]>();
  private readonly steps = new Map<string, SavedStep | null>();

  /** @param savedStep reads the checkpointer; null when the graph at this namespace saved nothing */
  constructor(private readonly savedStep: (namespace: Namespace) => Awaitable<SavedStep | null>) {}

  /** Follows an event of the attempt, in order; `timestamp` in epoch ms. */
  note(namespace: Namespace, timestamp: number): void {
    for (let depth = namespace.length; depth > 0; depth -= 1) {
      const key = namespaceText(namespace.slice(0, depth));
      if (this.tasks.has(key)) return;
      const task = { firstSeen: timestamp, stepEnded: false };
      this.tasks.set(key, task);
      const parent = namespaceText(namespace.slice(0, depth - 1));
      this.children.set(parent, [...(this.children.get(parent) ?? []), task]);
    }
  }

  /** Follows the event that announces a checkpoint of the graph at `namespace`. */
  async noteCheckpoint(namespace: Namespace, id: string): Promise<void> {
    const step = await this.stepOf(namespace);
    if (!(await step?.isSaved(id))) return;
    const key = namespaceText(namespace);
    for (const task of this.children.get(key) ?? []) task.stepEnded = true;
    this.children.delete(key);
  }

  /** Whether what a task said at `namespace` stays as it is, because the task is not run again. */
  async isDone(namespace: Namespace): Promise<boolean> {
    for (const [level, segment] of namespace.entries()) {
      const task = this.tasks.get(namespaceText(namespace.slice(0, level + 1)));
      const step = await this.stepOf(namespace.slice(0, level));
      if (!task || !step) continue;
      const taskId = segment.slice(segment.indexOf(':') + 1);
      if (task.stepEnded || task.firstSeen < step.ts || step.finishedTasks.has(taskId)) return true;
    }
    return false;
  }

  private async stepOf(namespace: Namespace): Promise<SavedStep | null> {
    const key = namespaceText(namespace);
    let step = this.steps.get(key);
    if (step === undefined) this.steps.set(key, (step = await this.savedStep(namespace)));
    return step;
  }
}
