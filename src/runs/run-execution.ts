import { Injectable, Logger } from '@nestjs/common';
import type { EventDraft } from '../storage/event-draft.js';
import { Checkpointer } from '../graphs/checkpointer.js';
import { AskedInterrupts } from './asked-interrupts.js';
import { GraphStream } from './graph-stream.js';
import { LostAttempts } from './lost-attempt.js';
import { type RunEnd, RunLifecycle } from './run-lifecycle.js';
import type { Run } from './run.js';
import { RunRepository } from './run-repository.js';

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
    private readonly runs: RunRepository,
    private readonly lifecycle: RunLifecycle,
    private readonly lostAttempts: LostAttempts,
    private readonly asked: AskedInterrupts,
    private readonly graphStream: GraphStream,
  ) {}

  /** Runs until the run has ended, or `signal` fired for a shutdown; then it goes on after the next start. */
  async execute(queued: Run, signal: AbortSignal): Promise<void> {
    if (queued.kwargs.refusal) return this.lifecycle.refuse(queued);
    const { threadId } = queued;
    const newest = this.checkpointer.newestRootCheckpoint(threadId);
    const lost = this.lostAttempts.read(queued);
    const exhausted = this.lifecycle.exhausted(queued, newest);
    if (exhausted) return this.end(queued, exhausted, lost.closers);
    const run = await this.lifecycle.start(queued, newest, lost, this.asked.resumeCounts(queued));
    if (!run) return;
    this.logger.log(runFields(run), 'run started');
    const recorder = this.graphStream.recorder(run);
    let end: RunEnd;
    try {
      end = run.cancelAction ? cancelled(run) : await this.graphStream.play(this.asked.withoutConsumed(run), newest, recorder, signal);
    } catch (error) {
      const stopped = signal.reason instanceof RunStopped ? signal.reason : null;
      if (stopped?.why === 'shutdown') {
        await recorder.settled().catch(() => undefined);
        this.logger.log(runFields(run), 'run goes on after the next start');
        return;
      }
      if (!stopped) this.logger.warn({ ...runFields(run), err: error }, 'run failed');
      end = stopped ? cancelled(this.runs.find(run.runId) ?? run) : failed(error);
    }
    await this.end(run, end, recorder.closers({ children: end.terminal, message: closingMessage(end) }));
  }

  /** An answer that did not get through is asked for again; a rollback also takes back the checkpoints. */
  private async end(run: Run, end: RunEnd, closers: readonly EventDraft[]): Promise<void> {
    if (end.status !== 'success') await this.asked.takeBackAnswers(run);
    if (end.removed) await this.checkpointer.rollBackTo(run.threadId, run.startCheckpointId);
    await this.lifecycle.end(run, end, closers, await this.asked.read(run));
    this.logger.log({ ...runFields(run), status: end.status }, 'run ended');
  }
}

function cancelled(run: Run): RunEnd {
  return { terminal: 'interrupted', status: 'interrupted', removed: run.cancelAction === 'rollback' };
}

function failed(error: unknown): RunEnd {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return { terminal: 'failed', status: 'error', error: message };
}

function closingMessage({ error, status }: RunEnd): string {
  return error ?? (status === 'interrupted' ? 'The run was cancelled.' : 'The run ended before this was finished.');
}

/** The names by which a run is found in the server's log. */
function runFields({ runId, threadId, graphId }: Run): object {
  return { run_id: runId, thread_id: threadId, graph: graphId };
}
