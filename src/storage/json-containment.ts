/**
 * Whether JSON contains what is wanted: an object has each of its keys with a value that contains the wanted one, a
 * list has for each of its members one that contains it, anything else is equal.
 */
export function containsJson(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(value) && wanted.every((member) => value.some((own) => containsJson(own, member)));
  }
  if (!isObject(wanted)) return value === wanted;
  return (
    isObject(value) &&
    Object.entries(wanted).every(([key, part]) => Object.hasOwn(value, key) && containsJson(value[key], part))
  );
}

/** Values of a filter that are compared: the leaves, empty lists and objects included. */
export function countLeaves(value: unknown): number {
  const parts = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return parts.length === 0 ? 1 : parts.reduce<number>((sum, part) => sum + countLeaves(part), 0);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
