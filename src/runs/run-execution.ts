import { Injectable, Logger } from '@nestjs/common';
import { EventLog } from '../event-log/event-log.js';
import { Checkpointer } from '../graphs/checkpointer.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import { LostAttempts } from './lost-attempt.js';
import type { NativeEvent } from './native-event.js';
import { RunLifecycle, type RunEnd } from './run-lifecycle.js';
import { RunRecorder } from './run-recorder.js';
import type { Run } from './run.js';
import { runCall } from './run-input.js';

/** Why a run's signal fires. */
export class RunStopped extends Error {
  constructor(readonly why: 'shutdown') {
    super('The server is shutting down.');
  }
}

/** One attempt of one run: start, the graph's events into the log, the end. */
@Injectable()
export class RunExecution {
  private readonly logger = new Logger(RunExecution.name);

  constructor(
    private readonly graphs: GraphRegistry,
    private readonly checkpointer: Checkpointer,
    private readonly log: EventLog,
    private readonly lifecycle: RunLifecycle,
    private readonly lostAttempts: LostAttempts,
  ) {}

  /** Runs until the run has ended, or `signal` fired for a shutdown; then it goes on after the next start. */
  async execute(queued: Run, signal: AbortSignal): Promise<void> {
    const { threadId, runId } = queued;
    const newest = this.checkpointer.newestRootCheckpoint(threadId);
    const finished = queued.started ? await this.finishedTasks(threadId) : new Set<string>();
    const run = await this.lifecycle.start(queued, newest, this.lostAttempts.read(queued, finished));
    if (!run) return;
    const recorder = new RunRecorder(this.log, threadId, runId, () => this.checkpointer.rootTimestamp(threadId));
    let end: RunEnd;
    try {
      end = await this.stream(run, newest, recorder, signal);
    } catch (error) {
      if (signal.reason instanceof RunStopped) return this.suspend(run, recorder);
      this.logger.warn(`run ${runId} on thread ${threadId} failed: ${describe(error)}`);
      end = { terminal: 'failed', status: 'error', error: messageOf(error) };
    }
    const children = end.terminal;
    const message = end.error ?? 'The run ended before this was finished.';
    await this.lifecycle.end(run, end, recorder.closers({ children, message }));
  }

  private async stream(
    run: Run, newest: Parameters<typeof runCall>[1], recorder: RunRecorder, signal: AbortSignal,
  ): Promise<RunEnd> {
    const { input, options } = runCall(run, newest, signal);
    const graph = await this.graphs.get(run.graphId, { ...options });
    const stream = await graph.streamEvents(input, options);
    for await (const event of stream) await recorder.record(event as NativeEvent);
    await recorder.settled();
    if (signal.aborted) throw signal.reason;
    return { terminal: stream.interrupted ? 'interrupted' : 'completed', status: 'success' };
  }

  private async suspend(run: Run, recorder: RunRecorder): Promise<void> {
    await recorder.settled().catch(() => undefined);
    await this.lifecycle.takeBackAttempt(run);
  }

  /** Tasks of the newest root checkpoint whose writes are saved; LangGraph does not run them again. */
  private async finishedTasks(threadId: string): Promise<Set<string>> {
    const tuple = await this.checkpointer.getTuple({ configurable: { thread_id: threadId } });
    const writes = (tuple?.pendingWrites ?? []).filter(([, channel]) => !channel.startsWith('__'));
    return new Set(writes.map(([taskId]) => taskId));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
