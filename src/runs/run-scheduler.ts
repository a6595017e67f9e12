import { setMaxListeners } from 'node:events';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LostRuns } from './recovery/lost-runs.js';
import { Quarantine } from './recovery/quarantine.js';
import { RunExecution, RunStopped } from './run-execution.js';
import { errorOf } from './run-error.js';
import { type ListedInterrupts, RunLifecycle } from './run-lifecycle.js';
import type { RunOutline } from '../storage/rows/run.js';
import { RunStorage } from '../storage/run-storage.js';

interface ActiveThread {
  readonly abort: AbortController;
  done: Promise<void>;
}

/** Milliseconds that aborted runs get to let go of the graph, at the end of a shutdown. */
const ABORT_MS = 1_000;

/** Without an answer from the graph, all that a run was to answer counts as not answered. */
const ALL_ASKED: ListedInterrupts = { isListed: () => true, isAsked: () => true };

/** Starts accepted runs: first in first out per thread, one active per thread, MAX_CONCURRENT_RUNS threads at once. */
@Injectable()
export class RunScheduler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RunScheduler.name);
  private readonly active = new Map<string, ActiveThread>();
  /** Threads that have a run to start, in the order in which they asked. */
  private readonly waiting = new Set<string>();
  private stopping = false;

  constructor(
    private readonly runs: RunStorage,
    private readonly execution: RunExecution,
    private readonly lifecycle: RunLifecycle,
    private readonly lost: LostRuns,
    private readonly quarantine: Quarantine,
    private readonly settings: Settings,
  ) {}

  /** Takes up what an earlier process accepted and did not end. */
  async onApplicationBootstrap(): Promise<void> {
    this.quarantine.open(await this.lost.takeOver(), (threadId) => this.wake(threadId));
    const threads = await this.runs.threadsWithUnfinishedRuns();
    if (threads.length > 0)
      this.logger.log({ threads: threads.length }, 'going on with runs that an earlier process left');
    for (const threadId of threads) this.wake(threadId);
  }

  /** Tells that the thread may have a run to start. */
  wake(threadId: string): void {
    this.waiting.add(threadId);
    this.startWaiting();
  }

  /** Stops the thread's active run if somebody asked for it, and lets the next one start. */
  stop(threadId: string): void {
    this.stopActive(threadId)
      .catch((error: unknown) => {
        this.logger.error({ thread_id: threadId, err: error }, 'whether a run is to be stopped cannot be read');
      })
      .finally(() => this.wake(threadId));
  }

  private async stopActive(threadId: string): Promise<void> {
    const run = await this.runs.next(threadId);
    if (run?.status !== 'running' || !run.cancelAction) return;
    const active = this.active.get(threadId);
    if (active) active.abort.abort(new RunStopped('cancel'));
    else this.quarantine.ended(threadId);
  }

  /** Waits for active runs within the grace, then stops them; they go on after the next start. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.quarantine.close();
    await this.lost.leave();
    const grace = Math.max(this.settings.SHUTDOWN_GRACE_MS - ABORT_MS, 0);
    if (await this.allDone(grace)) return;
    for (const { abort } of this.active.values()) abort.abort(new RunStopped('shutdown'));
    await this.allDone(ABORT_MS);
  }

  private startWaiting(): void {
    for (const threadId of [...this.waiting]) {
      if (this.stopping || this.active.size >= this.settings.MAX_CONCURRENT_RUNS) return;
      if (this.active.has(threadId) || this.quarantine.keepsBack(threadId)) continue;
      this.waiting.delete(threadId);
      this.launch(threadId);
    }
  }

  private launch(threadId: string): void {
    const entry: ActiveThread = { abort: new AbortController(), done: Promise.resolve() };
    // A graph listens once per task; many tasks at once are no leak.
    setMaxListeners(0, entry.abort.signal);
    this.active.set(threadId, entry);
    this.quarantine.started(threadId);
    entry.done = this.drive(threadId, entry.abort);
  }

  /** One run of the thread; if another waits, the thread queues up behind the others. */
  private async drive(threadId: string, abort: AbortController): Promise<void> {
    let run: RunOutline | null = null;
    try {
      run = await this.runs.next(threadId);
      if (run) await this.execution.execute(run, abort);
      else if (await this.runs.owesTerminals(threadId)) await this.lifecycle.settleOwed(threadId);
    } catch (error) {
      this.logger.error(
        { run_id: run?.runId, thread_id: threadId, graph: run?.graphId, err: error },
        'a run could not be ended',
      );
      if (run) await this.giveUp(run, error);
    } finally {
      // The same run again is one that could not be ended: tried at once, it would be tried for ever.
      const next = await this.nextOf(threadId);
      this.active.delete(threadId);
      this.quarantine.ended(threadId);
      if (!this.stopping && next && next.runId !== run?.runId) this.waiting.add(threadId);
      this.startWaiting();
    }
  }

  private async nextOf(threadId: string): Promise<RunOutline | null> {
    try {
      return await this.runs.next(threadId);
    } catch (error) {
      this.logger.error({ thread_id: threadId, err: error }, 'the runs of a thread wait, since they cannot be read');
      return null;
    }
  }

  /** An accepted run ends in a terminal, even when its own end could not be written. */
  private async giveUp(run: RunOutline, cause: unknown): Promise<void> {
    const { message, type } = errorOf(cause);
    const error = { message: `The run could not be recorded: ${message}`, type };
    try {
      await this.lifecycle.end(run, { terminal: 'failed', status: 'error', error }, [], ALL_ASKED);
    } catch (second) {
      this.logger.error(
        { run_id: run.runId, thread_id: run.threadId, graph: run.graphId, err: second },
        'a run stays open until the next start',
      );
    }
  }

  private async allDone(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const done = Promise.all([...this.active.values()].map((entry) => entry.done)).then(() => true);
    const result = await Promise.race([done, late]);
    clearTimeout(timer);
    return result;
  }
}
