import type { StreamTransformer } from '@langchain/langgraph';
import type { NativeEvent } from '../recording/native-event.js';

/** What takes the events of an attempt. */
interface EventTaker {
  /** @throws when no further event can be taken */
  record(event: NativeEvent): void;
  readonly isFull: boolean;
  /** Resolves when it is not full any more. */
  room(): Promise<void>;
}

/**
 * Takes the events of one native call, in order, where LangGraph makes them: in a transformer of its stream, the last
 * one. What is taken there LangGraph neither holds until the run ends nor hands through its iterator, whose promises
 * cost more than the taking (docs/performance.md). It keeps an event only while the taker is full, and those from
 * before the transformer was in its place; `drain` takes these.
 */
export class EventIntake {
  /** Events that LangGraph keeps and `drain` has not taken yet: while there are some, the next ones go behind them. */
  private kept = 0;
  private isInPlace = false;

  /**
   * Once `signal` has fired nothing is recorded any more, but events go on being read, for LangGraph to come to its
   * end.
   */
  constructor(private readonly taker: EventTaker, private readonly signal: AbortSignal) {}

  /** For the option `transformers` of `streamEvents`. */
  readonly transformer = (): StreamTransformer<Record<string, never>> => ({
    init: () => {
      this.isInPlace = true;
      return {};
    },
    process: (event) => !this.takes(event),
  });

  /**
   * Takes what LangGraph keeps, until its stream ends. A loop that awaits nothing else: each promise per event is felt.
   */
  async drain(events: AsyncIterable<NativeEvent>): Promise<void> {
    const iterator = events[Symbol.asyncIterator]();
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      if (this.mustWait) await this.taker.room();
      this.record(next.value);
      this.kept -= 1;
    }
  }

  private takes(event: NativeEvent): boolean {
    if (!this.isInPlace || this.kept > 0 || this.mustWait) {
      this.kept += 1;
      return false;
    }
    this.record(event);
    return true;
  }

  private get mustWait(): boolean {
    return !this.signal.aborted && this.taker.isFull;
  }

  private record(event: NativeEvent): void {
    if (!this.signal.aborted) this.taker.record(event);
  }
}
