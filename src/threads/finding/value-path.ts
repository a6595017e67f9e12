/** `values.messages[-1].content`: names joined by dots, places in lists in brackets, negative ones from the end. */
const PATH = /^[^.[\]]+(?:\.[^.[\]]+|\[-?\d{1,9}\])*$/;
const STEP = /([^.[\]]+)|\[(-?\d+)\]/g;

/** Whether it is the path of a value. */
export function isValuePath(path: unknown): path is string {
  return typeof path === 'string' && path.length <= 1_000 && PATH.test(path);
}

/** The value at a path of JSON data; null where there is none. */
export function valueAt(data: unknown, path: string): unknown {
  let value = data;
  for (const [, name, place] of path.matchAll(STEP)) {
    if (place !== undefined) value = Array.isArray(value) ? (value.at(Number(place)) as unknown) : undefined;
    else if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name as string)) return null;
    else value = (value as Record<string, unknown>)[name as string];
  }
  return value ?? null;
}
