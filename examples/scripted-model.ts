import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel, type BaseChatModelCallOptions } from '@langchain/core/language_models/chat_models';
import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';

/** What the model says next: its text, whole or already in chunks, then the tools that it calls. */
export interface ScriptedReply {
  text: string | Iterable<string>;
  toolCalls?: { name: string; args: Record<string, unknown> }[];
}

/** Milliseconds between two chunks; 0 sets no timer. */
export interface ScriptedCallOptions extends BaseChatModelCallOptions {
  delayMs?: number;
}

/** Milliseconds that nobody minds waiting for to the end; a timer that can be cut short costs several times as much. */
const SHORT_MS = 20;

/** Chunks after which a model without delay lets other work run. */
const CHUNKS_PER_TURN = 100;

/**
 * A chat model without a network and without a key: it answers by a script and streams word by word. What it says
 * depends on the messages alone; ids are new for each call, so that two calls at once never mix.
 */
export class ScriptedModel extends BaseChatModel<ScriptedCallOptions> {
  /** @param delayMs milliseconds between two chunks where the call does not say */
  constructor(private readonly reply: (messages: BaseMessage[]) => ScriptedReply, private readonly delayMs = 0) {
    super({});
  }

  /** An agent tells its model which tools there are; the script knows. */
  override bindTools(): this {
    return this;
  }

  override _llmType(): string {
    return 'scripted';
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const delayMs = options.delayMs ?? this.delayMs;
    let count = 0;
    for (const message of replyChunks(this.reply(messages))) {
      if (count > 0 && delayMs > 0)
        await sleep(delayMs, undefined, delayMs > SHORT_MS ? { signal: options.signal } : {});
      else if (count % CHUNKS_PER_TURN === CHUNKS_PER_TURN - 1) await nextTurn();
      options.signal?.throwIfAborted();
      count += 1;
      const text = typeof message.content === 'string' ? message.content : '';
      const chunk = new ChatGenerationChunk({ message, text });
      yield chunk;
      await runManager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let whole: ChatGenerationChunk | undefined;
    for await (const chunk of this._streamResponseChunks(messages, options, runManager)) {
      whole = whole === undefined ? chunk : whole.concat(chunk);
    }
    if (whole === undefined) throw new Error('the script has nothing to say');
    return { generations: [whole] };
  }
}

/** The text of the newest message that a person wrote, '' when there is none. */
export function lastHumanText(messages: BaseMessage[]): string {
  return messages.findLast((message) => message.type === 'human')?.text ?? '';
}

function* replyChunks({ text, toolCalls = [] }: ScriptedReply): Generator<AIMessageChunk> {
  const id = `msg_${randomUUID()}`;
  for (const content of typeof text === 'string' ? words(text) : text) yield new AIMessageChunk({ id, content });
  for (const [position, { name, args }] of toolCalls.entries()) {
    // The text is block 0: a tool call with the same index would be merged into it and lost.
    const index = position + 1;
    const json = JSON.stringify(args);
    const half = Math.ceil(json.length / 2);
    const call = { type: 'tool_call_chunk' as const, index };
    const first = { ...call, id: `call_${randomUUID()}`, name, args: json.slice(0, half) };
    yield new AIMessageChunk({ id, content: '', tool_call_chunks: [first] });
    yield new AIMessageChunk({ id, content: '', tool_call_chunks: [{ ...call, args: json.slice(half) }] });
  }
}

function words(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}
