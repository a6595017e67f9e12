/** What one engine answers in the same tick and another later; whoever may wait awaits it. */
export type Awaitable<T> = T | Promise<T>;

/** Goes on with an answer: in this tick where it is there, else when it comes. */
export function whenReady<T, R>(answer: Awaitable<T>, goOn: (value: T) => Awaitable<R>): Awaitable<R> {
  return answer instanceof Promise ? answer.then(goOn) : goOn(answer);
}
