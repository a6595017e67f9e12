import { messageKey } from '../protocol/message-key.js';
import type { SizedRow } from '../storage/log/log-upkeep.js';

/** A stored `messages` event. */
export interface MessageRow extends SizedRow {
  readonly namespace: string;
  readonly envelope: string;
}

interface MessageDeltas {
  /** Deltas of blocks that go on, by the index of the block. */
  readonly blocks: Map<number, SizedRow[]>;
  /** Deltas of blocks that have their `content-block-finish`. */
  readonly finished: SizedRow[];
}

interface MessageData {
  readonly event: string;
  readonly index?: number;
  readonly run_id?: string;
}

/**
 * Follows `messages` events in seq order and tells which deltas their messages do not need any more: a block's
 * `content-block-finish` says all that its deltas said. A message that was cut off by `error` keeps its deltas.
 */
export class FinishedDeltas {
  private readonly open = new Map<string, MessageDeltas>();

  /** Follows one event. Returns the deltas of the message that it finishes. */
  note(row: MessageRow): readonly SizedRow[] {
    const { params } = JSON.parse(row.envelope) as { params: { node?: string; data: MessageData } };
    const { event, index = 0, run_id: runId } = params.data;
    const key = messageKey(row.namespace, params.node, runId);
    if (event === 'message-start') this.open.delete(key);
    const message = this.messageOf(key);
    if (event === 'content-block-delta') {
      const deltas = message.blocks.get(index);
      if (deltas) deltas.push(row);
      else message.blocks.set(index, [row]);
    } else if (event === 'content-block-start') {
      message.blocks.delete(index);
    } else if (event === 'content-block-finish') {
      for (const delta of message.blocks.get(index) ?? []) message.finished.push(delta);
      message.blocks.delete(index);
    } else if (event === 'message-finish' || event === 'error') {
      this.open.delete(key);
      return event === 'error' ? [] : message.finished;
    }
    return [];
  }

  /** A region may begin within a message, when compaction was stopped there: its start is not asked for. */
  private messageOf(key: string): MessageDeltas {
    let message = this.open.get(key);
    if (!message) this.open.set(key, (message = { blocks: new Map(), finished: [] }));
    return message;
  }
}
