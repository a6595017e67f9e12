import { types } from 'node:util';
import type { SerializerProtocol } from '@langchain/langgraph-checkpoint';
import { readStored } from './revival.js';
import { readStockText } from './stock-text.js';
import { StorableCopy } from './storable-copy.js';
import { UnstorableValueError } from './unstorable-value-error.js';

/** How a stored value is written: ours, LangGraph's own before that (and of other savers), or bytes as they are. */
export type StoredType = 'marked-json' | 'json' | 'bytes';

/**
 * The form of everything that the checkpointer stores. Data comes back as it was, whatever it looks like; instances
 * come back where they are data (messages, sets, bytes, bigints and the like, by closed tables) and as their fields
 * where they are not. What would not come back is refused. LangGraph's own serializer revives whatever looks like an
 * instance.
 */
export class StateSerializer implements SerializerProtocol {
  /** @param maxDepth levels that a value may nest: MAX_STATE_DEPTH */
  constructor(private readonly maxDepth: number) {}

  /**
   * JSON text of any value, with marks.
   * @param levels of the value that are not the graph's own
   * @throws UnstorableValueError for what would not come back
   */
  text(value: unknown, levels = 0): string {
    const copy = new StorableCopy(this.maxDepth + levels).of(value);
    try {
      return JSON.stringify(copy);
    } catch (error) {
      // Maps and messages take several levels of text each.
      if (error instanceof RangeError) throw new UnstorableValueError([], 'it is too large, or nests too deeply');
      throw error;
    }
  }

  /**
   * The value of a stored text, or of stored bytes.
   * @throws SyntaxError when it is damaged; RangeError for an unknown type
   */
  read(type: string, stored: Uint8Array | string): unknown {
    switch (type) {
      case 'marked-json':
        return readStored(textOf(stored));
      case 'json':
        return readStockText(textOf(stored));
      case 'bytes':
        // A Buffer would come back as one; the graph wrote a plain Uint8Array.
        return typeof stored === 'string' ? new TextEncoder().encode(stored) : Uint8Array.from(stored);
      default:
        throw new RangeError(`stored values of type "${type}" cannot be read by this version`);
    }
  }

  /** What is stored for a value: its type, and text or bytes. @throws UnstorableValueError */
  stored(value: unknown): [StoredType, Uint8Array] {
    if (types.isUint8Array(value)) return ['bytes', value];
    return ['marked-json', Buffer.from(this.text(value))];
  }

  async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    return this.stored(value);
  }

  async loadsTyped(type: string, stored: Uint8Array | string): Promise<unknown> {
    return this.read(type, stored);
  }
}

function textOf(stored: Uint8Array | string): string {
  if (typeof stored === 'string') return stored;
  return Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString();
}
