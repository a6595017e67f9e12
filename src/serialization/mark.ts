/**
 * The key of what only the writer of stored state makes: `{"$as": [kind, payload]}` stands for a value that JSON has no
 * form for. A plain object that has this key of its own is stored as `{"$as": ["plain", it]}`, so whatever a client
 * sends comes back as it was: no data can pass for a mark, at any depth.
 */
export const MARK = '$as';

/** What wraps a plain object that has the key `$as` itself. */
export const PLAIN = 'plain';

export type Marked = Readonly<Record<typeof MARK, readonly [kind: string, payload?: unknown]>>;

export function marked(kind: string, payload?: unknown): Marked {
  return { [MARK]: payload === undefined ? [kind] : [kind, payload] };
}

/** Sets a key of one's own, whatever its name: an assignment to `__proto__` would change the prototype instead. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
