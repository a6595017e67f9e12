import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { Checkpointer, type RootCheckpoint } from '../../storage/checkpointer.js';
import type { GraphStreamOptions } from '../../graphs/loading/compiled-graph.js';
import { withDefaults } from '../../graphs/loading/config/default-config.js';
import { GraphRegistry } from '../../graphs/graph-registry.js';
import type { OwnedGraph } from '../../graphs/owned-graph.js';
import { ClassicCall } from './classic-call.js';
import { EventIntake } from './event-intake.js';
import { FrameRecording } from './frames/frame-recording.js';
import { InterruptJournal } from '../interrupts/interrupt-journal.js';
import { runCall } from './run-input.js';
import type { RunEnd } from '../run-lifecycle.js';
import { RunRecorder } from '../recording/run-recorder.js';
import type { Run } from '../../storage/rows/run.js';
import { StartTurns } from './start-turns.js';

/** Plays a run on its graph: the one call, native or classic, and its events into the recorder. */
@Injectable()
export class GraphStream {
  private readonly logger = new Logger(GraphStream.name);
  private readonly turns = new StartTurns();
  /** Graphs that could not be called as `stream` does. */
  private readonly nativeOnly = new Set<string>();

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
    const kwargs = withDefaults(run.kwargs, this.graphs.defaultsOf(run.graphId));
    const { input, options } = runCall({ ...run, kwargs }, newest, signal);
    const stop = new Stop(signal);
    let recorded: Promise<void> | null = null;
    try {
      await Promise.race([this.turns.take(), stop.fired]);
      const graph = await this.graphs.get(run.graphId, { owner: run.owner, config: () => options });
      const frames = new FrameRecording(run, (draft) => recorder.recordBeside(draft));
      const intake = new EventIntake(beside(recorder, frames), signal);
      const call = run.kwargs.call === 'classic' ? new ClassicCall(this.graphs.libraries(run.graphId)) : null;
      const called = call ? await frames.listening({ ...options, callbacks: call.callbacks }, call.callbacks) : options;
      const stream = await Promise.race([graph.streamEvents(input, withIntake(called, graph, intake)), stop.fired]);
      recorded = intake.drain(stream);
      await Promise.race([recorded, stop.fired]);
      this.noteCall(run, call);
      await Promise.race([frames.finish(), stop.fired]);
      await recorder.finished();
      return { terminal: stream.interrupted ? 'interrupted' : 'completed', status: 'success' };
    } catch (error) {
      if (signal.aborted && recorded) await this.letGo(recorded);
      throw error;
    } finally {
      stop.forget();
    }
  }

  /** Callbacks of the graph's own config may keep ours away from LangGraph's handler; that is told once. */
  private noteCall({ graphId }: Run, call: ClassicCall | null): void {
    if (!call || call.isClassic || this.nativeOnly.has(graphId)) return;
    this.nativeOnly.add(graphId);
    this.logger.warn(
      { graph: graphId },
      'a graph could not be called as stream does: its nodes see the answers of models as content blocks',
    );
  }

  /**
   * Gives LangGraph the time to notice the signal, so that no checkpoint of a stopped run comes after what is decided
   * about it; a node that ignores the signal costs ABORT_WAIT_MS and is left behind.
   */
  private async letGo(recorded: Promise<void>): Promise<void> {
    const late = new AbortController();
    const limit = sleep(this.settings.ABORT_WAIT_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([recorded.catch(() => undefined), limit]);
    late.abort();
  }
}

/** The recorder, behind what is recorded for the streams of REST runs. */
function beside(recorder: RunRecorder, frames: FrameRecording): Pick<RunRecorder, 'record' | 'isFull' | 'room'> {
  return {
    record: (event) => {
      frames.note(event);
      recorder.record(event);
    },
    get isFull() {
      return recorder.isFull;
    },
    room: () => recorder.room(),
  };
}

/**
 * A graph with transformers of its own may put events into its stream that none of them sees: its events are all taken
 * from the stream, where they are in order.
 */
function withIntake(
  options: GraphStreamOptions,
  { streamTransformers }: OwnedGraph,
  { transformer }: EventIntake,
): GraphStreamOptions {
  return streamTransformers.length > 0 ? options : { ...options, transformers: [transformer] };
}

/**
 * Rejects with the signal's reason as soon as it fires: whoever waits for a graph can go. One listener for a whole run.
 */
class Stop {
  readonly fired: Promise<never>;
  private listener: () => void = () => undefined;

  constructor(private readonly signal: AbortSignal) {
    this.fired = new Promise((_, reject) => {
      this.listener = () => reject(signal.reason as Error);
    });
    this.fired.catch(() => undefined);
    signal.addEventListener('abort', this.listener, { once: true });
    if (signal.aborted) this.listener();
  }

  forget(): void {
    this.signal.removeEventListener('abort', this.listener);
  }
}
