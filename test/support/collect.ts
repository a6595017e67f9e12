/** Everything until the iterable ends. */
export async function drain<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The first items; what is left stays in the iterator. */
export async function take<T>(items: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) taken.push(await next(items));
  return taken;
}

/** Items up to and with the first one that fits. */
export async function takeUntil<T>(items: AsyncIterator<T>, fits: (item: T) => boolean): Promise<T[]> {
  const taken: T[] = [];
  do taken.push(await next(items));
  while (!fits(taken.at(-1) as T));
  return taken;
}

async function next<T>(items: AsyncIterator<T>): Promise<T> {
  const result = await items.next();
  if (result.done) throw new Error('ended too early');
  return result.value;
}

/** What a promise did so far, without waiting for it. */
export function watch(promise: Promise<unknown>): { settled: boolean } {
  const seen = { settled: false };
  const settle = (): void => void (seen.settled = true);
  promise.then(settle, settle);
  return seen;
}
