import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { EventLog } from '../event-log/event-log.js';
import { Checkpointer, type RootCheckpoint } from '../graphs/checkpointer.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import { InterruptJournal } from './interrupt-journal.js';
import type { NativeEvent } from './native-event.js';
import { runCall } from './run-input.js';
import type { RunEnd } from './run-lifecycle.js';
import { RunRecorder } from './run-recorder.js';
import type { Run } from './run.js';

/** Plays a run on its graph: the one native call, and its events into the recorder. */
@Injectable()
export class GraphStream {
  constructor(
    private readonly graphs: GraphRegistry,
    private readonly checkpointer: Checkpointer,
    private readonly log: EventLog,
    private readonly journal: InterruptJournal,
    private readonly settings: Settings,
  ) {}

  /** The recorder of one attempt. */
  recorder({ threadId, runId }: Run): RunRecorder {
    return new RunRecorder(this.log, this.journal, threadId, runId, () => this.checkpointer.rootTimestamp(threadId));
  }

  /**
   * Plays the run to its end and waits until all of it is in the log.
   * @throws what the graph threw, what the log refused, or the signal's reason, soon: a node that does not listen to
   * the signal must not hold up the terminal
   */
  async play(run: Run, newest: RootCheckpoint | null, recorder: RunRecorder, signal: AbortSignal): Promise<RunEnd> {
    signal.throwIfAborted();
    const { input, options } = runCall(run, newest, signal);
    const graph = await this.graphs.get(run.graphId, { ...options });
    const gate = new AbortGate(signal);
    let events: AsyncIterator<NativeEvent> | null = null;
    try {
      const stream = await gate.pass(graph.streamEvents(input, options));
      events = stream[Symbol.asyncIterator]() as AsyncIterator<NativeEvent>;
      for (let next = await gate.pass(events.next()); !next.done; next = await gate.pass(events.next())) {
        await recorder.record(next.value);
      }
      await recorder.finished();
      return { terminal: stream.interrupted ? 'interrupted' : 'completed', status: 'success' };
    } catch (error) {
      if (signal.aborted && events) await this.letGo(events);
      throw error;
    } finally {
      gate.close();
    }
  }

  /**
   * Gives LangGraph the time to notice the signal, so that no checkpoint of a stopped run comes after what is decided
   * about it; a node that ignores the signal costs ABORT_WAIT_MS and is left behind.
   */
  private async letGo(events: AsyncIterator<NativeEvent>): Promise<void> {
    const drained = (async () => {
      while (!(await events.next()).done);
    })().catch(() => undefined);
    const late = new AbortController();
    const limit = sleep(this.settings.ABORT_WAIT_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([drained, limit]);
    late.abort();
  }
}

/** Lets whoever waits for a graph go as soon as the signal fires; one listener for a whole run. */
class AbortGate {
  private abandon: ((reason: unknown) => void) | null = null;
  private readonly listener = (): void => this.abandon?.(this.signal.reason);

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.listener, { once: true });
  }

  /** The promise's value, or the signal's reason if that comes first. */
  pass<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.abandon = reject;
      promise.then(resolve, reject);
      if (this.signal.aborted) reject(this.signal.reason as Error);
    });
  }

  close(): void {
    this.signal.removeEventListener('abort', this.listener);
  }
}
