import { Injectable, Logger } from '@nestjs/common';
import type { EventDraft } from '../storage/log/event-draft.js';
import { Checkpointer } from '../storage/checkpointer.js';
import { AskedInterrupts } from './interrupts/asked-interrupts.js';
import { GraphStream } from './playing/graph-stream.js';
import { LostAttempts } from './recovery/lost-attempt.js';
import { type RunEnd, RunLifecycle } from './run-lifecycle.js';
import { errorOf } from './run-error.js';
import { inRunScope } from './playing/run-scope.js';
import type { RunOutline } from '../storage/rows/run.js';
import { RunStorage } from '../storage/run-storage.js';

/** Why a run's signal fires. */
export class RunStopped extends Error {
  constructor(readonly why: 'shutdown' | 'cancel') {
    super(why === 'shutdown' ? 'The server is shutting down.' : 'The run was cancelled.');
  }
}

/** One attempt of one run: start, the graph's events into the log, the end. */
@Injectable()
export class RunExecution {
  private readonly logger = new Logger(RunExecution.name);

  constructor(
    private readonly checkpointer: Checkpointer,
    private readonly runs: RunStorage,
    private readonly lifecycle: RunLifecycle,
    private readonly lostAttempts: LostAttempts,
    private readonly asked: AskedInterrupts,
    private readonly graphStream: GraphStream,
  ) {}

  /** Runs until the run has ended, or `abort` fired for a shutdown; then it goes on after the next start. */
  async execute({ runId }: RunOutline, abort: AbortController): Promise<void> {
    const queued = await this.runs.find(runId);
    if (!queued) return;
    if (queued.kwargs.refusal) return this.lifecycle.refuse(queued);
    const { threadId } = queued;
    const newest = await this.checkpointer.newestRootCheckpoint(threadId);
    const lost = await this.lostAttempts.read(queued);
    const exhausted = this.lifecycle.exhausted(queued, newest);
    if (exhausted) return this.end(queued, exhausted, lost.closers);
    const run = await this.lifecycle.start(queued, newest, lost, await this.asked.resumeCounts(queued));
    if (!run) return;
    this.logger.log(runFields(run), 'run started');
    const recorder = this.graphStream.recorder(run);
    const { signal } = abort;
    const scope = { runId, threadId, graphId: run.graphId, fail: (error: Error) => abort.abort(error) };
    let end: RunEnd;
    try {
      const played = await this.asked.withoutConsumed(run);
      end = run.cancelAction
        ? cancelled(run)
        : await inRunScope(scope, () => this.graphStream.play(played, newest, recorder, signal));
    } catch (error) {
      const stopped = signal.reason instanceof RunStopped ? signal.reason : null;
      if (stopped?.why === 'shutdown') {
        await recorder.committed().catch(() => undefined);
        this.logger.log(runFields(run), 'run goes on after the next start');
        return;
      }
      if (!stopped) this.logger.warn({ ...runFields(run), err: error }, 'run failed');
      end = stopped ? cancelled((await this.runs.outline(runId)) ?? run) : failed(error);
    }
    await this.end(run, end, recorder.closers({
      children: end.terminal, message: closingMessage(end), errorType: end.error?.type,
    }));
  }

  /** An answer that did not get through is asked for again; a rollback also takes back the checkpoints. */
  private async end(run: RunOutline, end: RunEnd, closers: readonly EventDraft[]): Promise<void> {
    if (end.status !== 'success') await this.asked.takeBackAnswers(run);
    if (end.removed) await this.checkpointer.rollBackTo(run.threadId, run.startCheckpointId);
    await this.lifecycle.end(run, end, closers, await this.asked.read(run));
    this.logger.log({ ...runFields(run), status: end.status }, 'run ended');
  }
}

function cancelled(run: RunOutline): RunEnd {
  return { terminal: 'interrupted', status: 'interrupted', removed: run.cancelAction === 'rollback' };
}

function failed(error: unknown): RunEnd {
  return { terminal: 'failed', status: 'error', error: errorOf(error) };
}

function closingMessage({ error, status }: RunEnd): string {
  return (
    error?.message ?? (status === 'interrupted' ? 'The run was cancelled.' : 'The run ended before this was finished.')
  );
}

/** The names by which a run is found in the server's log. */
function runFields({ runId, threadId, graphId }: RunOutline): object {
  return { run_id: runId, thread_id: threadId, graph: graphId };
}
