import type { TextBlock } from './session-event.js';
import { fieldsOf } from '../../../protocol/fields-of.js';

/** Any value as text: a text as it is, anything else as JSON. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** One block, or none for an empty text. */
export function textBlocks(text: string): TextBlock[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** What a tool returned, a message's content among it, as blocks that clients of sessions know. */
export function contentBlocks(value: unknown): TextBlock[] {
  const fields = fieldsOf(value);
  const content = 'content' in fields ? fields.content : value;
  if (content === undefined || content === null) return [];
  if (!Array.isArray(content)) return textBlocks(asText(content));
  return content.flatMap((block: unknown) => {
    const { type, text } = fieldsOf(block);
    return textBlocks(type === 'text' && typeof text === 'string' ? text : asText(block));
  });
}

/** The text of blocks, as a person reads it. */
export function plainText(blocks: readonly unknown[]): string {
  return blocks.map((block) => fieldsOf(block).text).filter((text) => typeof text === 'string').join('\n');
}
