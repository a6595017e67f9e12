import { isDeepStrictEqual } from 'node:util';
import { Failure } from './conformance-case.js';

const MAX_SHOWN = 400;

/** @throws Failure with the message */
export function check(holds: unknown, message: string): asserts holds {
  if (!holds) throw new Failure(message);
}

/** @throws Failure that shows both values */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Failure(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Compares two lists of words and names the first place where they differ. @throws Failure */
export function sameList(actual: readonly string[], expected: readonly string[], what: string): void {
  const at = expected.findIndex((word, index) => actual[index] !== word);
  const place = at >= 0 ? at : actual.length > expected.length ? expected.length : -1;
  if (place < 0) return;
  const counts = `${actual.length} instead of ${expected.length}`;
  throw new Failure(
    `${what}: ${counts}, differing at ${place}: expected ${show(expected[place])}, got ${show(actual[place])}`,
  );
}

/** The value as short JSON. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
