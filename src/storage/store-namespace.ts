/**
 * A namespace is stored as a JSON array, so that one prefix cannot be mistaken for another: everything under
 * `["a"]` begins with `["a",`, which `["ab"]` does not.
 */
export function encodeNamespace(namespace: readonly string[]): string {
  return JSON.stringify(namespace);
}

/** The reverse of `encodeNamespace`. */
export function decodeNamespace(text: string): string[] {
  return JSON.parse(text) as string[];
}

/** What a prefix covers: the namespace itself, or from the second value (included) to the third (excluded). */
export function namespaceRange(prefix: readonly string[]): [exact: string, from: string, to: string] {
  const text = encodeNamespace(prefix);
  if (prefix.length === 0) return [text, '[', '\\'];
  const open = text.slice(0, -1);
  // '-' is the character after ','.
  return [text, `${open},`, `${open}-`];
}
