import type { HeldTurn } from '../../../storage/rows/session.js';
import type { Answer, SystemMessage, UserMessage } from '../projection/inbound-event.js';
import { plainText } from '../projection/content-blocks.js';
import type { OpenQuestion } from '../projection/projection-state.js';
import { objectOf } from '../projection/session-row.js';

/**
 * The messages that a turn gives its graph. What the system says comes first: graphs look for the user's words last.
 */
export function turnMessages(user: UserMessage, system: readonly SystemMessage[]): HeldTurn['messages'] {
  return [
    ...system.map(({ content }) => systemTurn(content)),
    { role: 'user', content: messageContent(user.content) },
  ];
}

export function systemTurn(content: readonly unknown[]): { role: string; content: string } {
  return { role: 'system', content: plainText(content) };
}

/** One text as a text; anything else as content blocks of LangChain. */
function messageContent(blocks: readonly unknown[]): unknown {
  const { type, text } = objectOf(blocks[0]);
  return blocks.length === 1 && type === 'text' ? text : blocks.map(toLangChainBlock);
}

function toLangChainBlock(value: unknown): unknown {
  const block = objectOf(value);
  const source = objectOf(block.source);
  if (block.type !== 'image' && block.type !== 'document') return block;
  if (source.type === 'text') return { type: 'text', text: source.data };
  const type = block.type === 'image' ? 'image' : 'file';
  if (source.type === 'base64') return { type, mimeType: source.media_type, data: source.data };
  return source.type === 'url' ? { type, url: source.url } : { type, fileId: source.file_id };
}

/** What a question gets for an answer once all of its events are answered. */
export function resumeValue(
  { kind, eventIds }: Pick<OpenQuestion, 'kind' | 'eventIds'>,
  given: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): unknown {
  if (kind === 'confirmations') {
    return {
      decisions: eventIds.map((id) => {
        const { result, deny_message: message } = given.get(id) ?? {};
        return result === 'allow' ? { type: 'approve' } : { type: 'reject', ...(message == null ? {} : { message }) };
      }),
    };
  }
  const { content, is_error: isError } = given.get(eventIds[0] as string) ?? {};
  const text = plainText(Array.isArray(content) ? content : []);
  return isError === true ? { error: text } : parsed(text);
}

/** An object or list in JSON as what it says; any other text as it is. */
function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The id of the event that an answer is for. */
export function answeredEvent(answer: Answer): string {
  return answer.type === 'user.custom_tool_result' ? answer.custom_tool_use_id : answer.tool_use_id;
}
