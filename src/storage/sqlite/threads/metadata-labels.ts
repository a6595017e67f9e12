/** Given to a thread of which not all metadata is labelled. */
export const MORE_LABEL = '\u001f';

/** Keys and texts that the database may hold in another form than they came in are not looked for by their label. */
const PLAIN = /^[^\p{Cc}\p{Cs}]*$/u;
const MAX_KEY_LENGTH = 100;
const MAX_TEXT_LENGTH = 200;

/**
 * The label under which the threads with this entry in their metadata are found, as the migration `ThreadSearch` gives
 * it; null for an entry that is not labelled.
 */
export function metadataLabel(key: string, value: unknown): string | null {
  const tagged = taggedValue(value);
  if (tagged === null || !isPlain(key, MAX_KEY_LENGTH)) return null;
  return `${key}\u001f${tagged}`;
}

function taggedValue(value: unknown): string | null {
  if (value === null) return 'z';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? `n${value + 0}` : null;
  return typeof value === 'string' && isPlain(value, MAX_TEXT_LENGTH) ? `s${value}` : null;
}

function isPlain(text: string, longest: number): boolean {
  // By code points, as the database counts.
  return text.length <= 2 * longest && [...text].length <= longest && PLAIN.test(text);
}
