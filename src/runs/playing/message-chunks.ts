import type { BaseMessageChunk } from '@langchain/core/messages';
import type { ChatGenerationChunk } from '@langchain/core/outputs';
import type { GraphLibraries } from '../../graphs/loading/graph-libraries.js';

type Convert = GraphLibraries['convertChunksToEvents'];

/** An event of a message, as LangChain makes them of chunks. */
export type MessageEvent = ReturnType<Convert> extends AsyncGenerator<infer Event> ? Event : never;

type ToolCallChunk = { readonly index?: number };

/** A chunk on its way through the conversion, and who waits for that; null for the end. */
interface Handed {
  readonly chunk: ChatGenerationChunk | null;
  done(): void;
}

/**
 * Turns the chunks of one model call into events, chunk by chunk, through LangChain's own conversion. That one is a
 * generator which asks for chunks; here they come when the model makes them. Chunks that it cannot convert end the
 * message with an `error` event, and do the model no harm.
 */
export class MessageChunks {
  private readonly waiting: Handed[] = [];
  private current: Handed | null = null;
  private asker: ((next: IteratorResult<ChatGenerationChunk>) => void) | null = null;
  private isOver = false;
  private readonly blocks = new ToolBlocks();

  /** @param emit takes the events in order, each before its chunk is done with */
  constructor(
    convert: Convert,
    private readonly emit: (event: MessageEvent) => void,
  ) {
    this.convert(convert)
      .catch((error: unknown) =>
        this.emit({ event: 'error', message: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => this.finish())
      .catch(() => undefined);
  }

  /** Resolves when all events of the chunk were emitted. */
  take(chunk: ChatGenerationChunk): Promise<void> {
    return this.hand(this.blocks.placed(chunk));
  }

  /** Emits the events that finish the message. */
  end(): Promise<void> {
    return this.hand(null);
  }

  private hand(chunk: ChatGenerationChunk | null): Promise<void> {
    return new Promise((done) => {
      if (this.isOver) return done();
      this.waiting.push({ chunk, done });
      if (this.asker) this.give(this.asker);
    });
  }

  private async convert(convert: Convert): Promise<void> {
    const chunks: AsyncIterable<ChatGenerationChunk> = { [Symbol.asyncIterator]: () => ({ next: () => this.next() }) };
    for await (const event of convert(chunks as never)) this.emit(event);
  }

  /** Whoever asks for the next chunk is done with the one before. */
  private next(): Promise<IteratorResult<ChatGenerationChunk>> {
    this.current?.done();
    this.current = null;
    return new Promise((resolve) => {
      if (this.waiting.length > 0) this.give(resolve);
      else this.asker = resolve;
    });
  }

  private give(asker: (next: IteratorResult<ChatGenerationChunk>) => void): void {
    this.asker = null;
    this.current = this.waiting.shift() as Handed;
    const { chunk } = this.current;
    asker(chunk === null ? { done: true, value: undefined } : { done: false, value: chunk });
  }

  private finish(): void {
    this.isOver = true;
    for (const handed of [this.current, ...this.waiting.splice(0)]) handed?.done();
  }
}

/**
 * Gives tool calls blocks of their own. Providers count tool calls from 0, and text without an index is block 0 as
 * well: the conversion would put the call into the text, where it is lost.
 */
class ToolBlocks {
  private hasText = false;
  private readonly taken = new Map<number, number>();

  /** The chunk with block indexes that no text has; the message itself stays as it is. */
  placed(chunk: ChatGenerationChunk): ChatGenerationChunk {
    const message = chunk.message as BaseMessageChunk & { tool_call_chunks?: readonly ToolCallChunk[] };
    if (typeof message.content === 'string' && message.content !== '') this.hasText = true;
    const calls = message.tool_call_chunks ?? [];
    const placed = calls.map((call) =>
      call.index === undefined ? call : { ...call, index: this.blockOf(call.index) },
    );
    if (placed.every(({ index }, n) => index === calls[n]?.index)) return chunk;
    const moved = Object.create(message, { tool_call_chunks: { value: placed } }) as BaseMessageChunk;
    return Object.create(chunk, { message: { value: moved } }) as ChatGenerationChunk;
  }

  private blockOf(index: number): number {
    const known = this.taken.get(index);
    if (known !== undefined) return known;
    let block = index;
    while ((block === 0 && this.hasText) || [...this.taken.values()].includes(block)) block += 1;
    this.taken.set(index, block);
    return block;
  }
}
