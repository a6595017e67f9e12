import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { RunnableLambda } from '@langchain/core/runnables';
import type { StreamEvent } from '@langchain/core/types/stream';
import { FRAME_METHOD } from '../../../protocol/stream-mode.js';
import type { FrameWriter } from './frame-writer.js';
import { isMessage, messageJson } from './message-json.js';

/**
 * The name of LangChain's handler that makes the events of `streamEvents` v2; the package exports only what uses it.
 */
const TRACER = 'event_stream_tracer';
/** Of the runnable whose tracer this is; its own events are nobody's. */
const HOLDER = 'frame_events';

/** Writes down the events of LangChain's `streamEvents` v2, in order. */
export class EventTracer {
  private end: () => void = () => undefined;
  private written: Promise<void> = Promise.resolve();

  private constructor(private readonly write: FrameWriter) {}

  /** Returns it with the handler that the callbacks of a call need for it. */
  static async begin(write: FrameWriter): Promise<{ tracer: EventTracer; handler: BaseCallbackHandler }> {
    const tracer = new EventTracer(write);
    const handler = await new Promise<BaseCallbackHandler>((resolve, reject) => {
      const holder = RunnableLambda.from(async (_: null, { callbacks }) => {
        const { handlers } = callbacks as unknown as { handlers: BaseCallbackHandler[] };
        resolve(handlers.find(({ name }) => name === TRACER) as BaseCallbackHandler);
        await new Promise<void>((end) => (tracer.end = end));
      }).withConfig({ runName: HOLDER });
      tracer.written = tracer.take(holder.streamEvents(null, { version: 'v2' }));
      tracer.written.catch(reject);
    });
    return { tracer, handler };
  }

  /** Resolves when everything is written; no event follows. */
  async finish(): Promise<void> {
    this.end();
    await this.written;
  }

  private async take(events: AsyncIterable<StreamEvent>): Promise<void> {
    for await (const event of events) {
      if (event.name === HOLDER || event.tags?.includes('langsmith:hidden')) continue;
      this.write(FRAME_METHOD.event, [], { ...event, data: dataJson(event.data) });
    }
  }
}

/** Clients look into the messages of models. */
function dataJson(data: Record<string, unknown>): Record<string, unknown> {
  const told = { ...data };
  for (const key of ['chunk', 'output'] as const) if (isMessage(told[key])) told[key] = messageJson(told[key]);
  return told;
}
