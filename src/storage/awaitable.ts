/** What one engine answers in the same tick and another later; whoever may wait awaits it. */
export type Awaitable<T> = T | Promise<T>;
