import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { CallbackManager } from '@langchain/core/callbacks/manager';
import { AIMessageChunk } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import type { GraphLibraries } from '../../graphs/loading/graph-libraries.js';
import { MessageChunks, type MessageEvent } from './message-chunks.js';

/** LangGraph's handler of the messages of `streamEvents` v3. A model that sees it answers in content blocks. */
interface EventsHandler extends BaseCallbackHandler {
  lc_prefer_chat_model_stream_events: boolean;
  handleChatModelStreamEvent(event: MessageEvent, runId: string): void;
}

/** What a handler is told of a new token: the chunk itself, where the model has one. */
interface TokenFields {
  readonly chunk?: { readonly message?: unknown };
}

/**
 * One call of `streamEvents` v3 under which the graph sees what it sees under `graph.stream`: models stream chunks and
 * answer as without a stream, so that the content of a plain answer is a string. LangGraph adds its own handler of
 * messages to the callbacks that it is given; here that one is put behind another, which takes the chunks and hands it
 * their events. So all but this one handler is as in a native call: the order, the transformers, the lifecycles.
 */
export class ClassicCall {
  /** For the option `callbacks` of the call. */
  readonly callbacks: CallbackManager;
  private taken = false;

  constructor(libraries: GraphLibraries) {
    const place = (handler: EventsHandler): BaseCallbackHandler => {
      this.taken = true;
      return behindChunks(handler, libraries);
    };
    const isTaken = (): boolean => this.taken;

    class ClassicCallbacks extends libraries.CallbackManager {
      override addHandler(handler: BaseCallbackHandler, inherit = true): void {
        super.addHandler(prefersEvents(handler) && !isTaken() ? place(handler) : handler, inherit);
      }

      /** Callbacks are copied before LangGraph adds its handler. That of a graph inside a node is its own business. */
      override copy(additional?: BaseCallbackHandler[], inherit?: boolean): CallbackManager {
        const copy = super.copy(additional, inherit);
        return isTaken() ? copy : Object.assign(new ClassicCallbacks(), copy);
      }
    }
    this.callbacks = new ClassicCallbacks();
  }

  /** False after the call: LangGraph has not added its handler to these callbacks, so the call was a native one. */
  get isClassic(): boolean {
    return this.taken;
  }
}

function prefersEvents(handler: BaseCallbackHandler): handler is EventsHandler {
  return (handler as Partial<EventsHandler>).lc_prefer_chat_model_stream_events === true;
}

/** The handler as it is, but for chunks instead of events: everything that is not replaced here goes to it. */
function behindChunks(handler: EventsHandler, { convertChunksToEvents }: GraphLibraries): BaseCallbackHandler {
  const open = new Map<string, MessageChunks>();
  const replaced: Record<string | symbol, unknown> = {
    lc_prefer_chat_model_stream_events: false,
    lc_prefer_streaming: true,
    // The next step of the graph must not be told before the message of this one.
    awaitHandlers: true,
    async handleLLMNewToken(
      token: string,
      _indices: unknown,
      runId: string,
      _parent?: string,
      _tags?: string[],
      fields?: TokenFields,
    ) {
      let message = open.get(runId);
      if (!message) {
        message = new MessageChunks(convertChunksToEvents, (event) => handler.handleChatModelStreamEvent(event, runId));
        open.set(runId, message);
      }
      await message.take(chunkOf(token, fields));
    },
    async handleLLMEnd(output: never, runId: string, ...rest: never[]) {
      const message = open.get(runId);
      open.delete(runId);
      await message?.end();
      await handler.handleLLMEnd?.(output, runId, ...rest);
    },
    async handleLLMError(error: never, runId: string, ...rest: never[]) {
      open.delete(runId);
      await handler.handleLLMError?.(error, runId, ...rest);
    },
  };
  return new Proxy(handler, {
    has: (target, key) => key in replaced || key in target,
    get(target, key) {
      if (key in replaced) return replaced[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Some models report tokens as text alone. */
function chunkOf(token: string, fields: TokenFields | undefined): ChatGenerationChunk {
  const { chunk } = fields ?? {};
  if (chunk?.message !== undefined) return chunk as ChatGenerationChunk;
  return new ChatGenerationChunk({ text: token, message: new AIMessageChunk({ content: token }) });
}
