import { isDeepStrictEqual } from 'node:util';

/**
 * Whether one JSON value holds another, as `@>` of a JSON database has it: an object holds one whose every key it has
 * with a value that holds the other's; a list holds one whose every item some item of its own holds; anything else
 * holds what is equal to it.
 */
export function containsJson(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((item) => whole.some((own) => containsJson(own, item)));
  }
  if (typeof part !== 'object' || part === null) return isDeepStrictEqual(whole, part);
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return false;
  return Object.entries(part).every(
    ([key, value]) => Object.hasOwn(whole, key) && containsJson((whole as Record<string, unknown>)[key], value),
  );
}
