import { stateJson } from '../../../graphs/state-json.js';

/** Whether a value is a message, or a chunk of one, of any copy of LangChain. */
export function isMessage(value: unknown): value is MessageLike {
  return typeof value === 'object' && value !== null && typeof (value as Partial<MessageLike>).getType === 'function';
}

/** What of a message is looked at here. */
export interface MessageLike {
  id?: string;
  readonly lc_kwargs: Record<string, unknown>;
  readonly tool_call_id?: string;
  getType(): string;
  concat?(other: unknown): unknown;
}

const EMPTY = { content: '', additional_kwargs: {}, response_metadata: {} };
const EMPTY_CALLS = { tool_calls: [], invalid_tool_calls: [] };

/**
 * A message as the clients of run streams read it: with the fields that say nothing when empty, which some look into.
 */
export function messageJson(message: MessageLike): Record<string, unknown> {
  const fields = JSON.parse(stateJson(message)) as Record<string, unknown>;
  if (fields.type !== 'ai') return { ...EMPTY, ...fields };
  // Only chunks can be added to each other.
  if (typeof message.concat !== 'function') return { ...EMPTY, ...EMPTY_CALLS, ...fields };
  return { ...EMPTY, ...EMPTY_CALLS, tool_call_chunks: [], ...fields, type: 'AIMessageChunk' };
}
