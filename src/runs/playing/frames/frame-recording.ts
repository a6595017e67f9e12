import type { CallbackManager } from '@langchain/core/callbacks/manager';
import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { RecordedMode } from '../../../protocol/stream-mode.js';
import type { EventDraft } from '../../../storage/log/event-draft.js';
import type { GraphStreamOptions } from '../../../graphs/loading/compiled-graph.js';
import type { NativeEvent } from '../../recording/native-event.js';
import type { Run } from '../../../storage/rows/run.js';
import { debugStream, SIDE_STREAM_KEY } from './debug-chunks.js';
import { EventTracer } from './event-tracer.js';
import { type FrameWriter, frameWriter } from './frame-writer.js';
import { noteInterrupt } from './graph-interrupts.js';
import { MessageFacts } from './message-facts.js';

/**
 * Records of one attempt what the streams of REST runs need and its events do not say: what a graph stopped with,
 * always, and what belongs to modes that the run was asked for.
 */
export class FrameRecording {
  private readonly write: FrameWriter;
  private readonly modes: ReadonlySet<RecordedMode>;
  private tracer: EventTracer | null = null;

  constructor(run: Run, write: (draft: EventDraft) => void) {
    this.write = frameWriter(run.runId, write);
    this.modes = new Set((run.kwargs.stream?.modes ?? []) as readonly RecordedMode[]);
  }

  /** To be told each event before it is recorded. */
  note(event: NativeEvent): void {
    noteInterrupt(event, this.write);
  }

  /** The options of the call with what listens to it. @param callbacks those of the call, which get more handlers */
  async listening(options: GraphStreamOptions, callbacks: CallbackManager): Promise<GraphStreamOptions> {
    const add = (handler: BaseCallbackHandler): void => callbacks.addHandler(handler, true);
    if (this.modes.has('messages') || this.modes.has('messages-tuple')) add(new MessageFacts(this.write));
    if (this.modes.has('events')) {
      const { tracer, handler } = await EventTracer.begin(this.write);
      this.tracer = tracer;
      add(handler);
    }
    const checkpointsOnly = !this.modes.has('debug');
    if (checkpointsOnly && !this.modes.has('checkpoints')) return options;
    const side = debugStream(this.write, { checkpointsOnly });
    return { ...options, configurable: { ...options.configurable, [SIDE_STREAM_KEY]: side } };
  }

  /** Resolves when all of it is written. */
  async finish(): Promise<void> {
    await this.tracer?.finish();
  }
}
