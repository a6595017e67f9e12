/** 1 to 255 characters (code points); no control character, no lone surrogate, no slash. */
const THREAD_ID = /^[^\p{Cc}\p{Cs}/]{1,255}$/u;

/** The rule in words, as error messages say it. */
export const THREAD_ID_RULE = 'a string of 1 to 255 characters without control characters or slash';

/** Whether `value` may name a thread on the LangGraph routes (docs/event-stream.md, Threads). */
export function isThreadId(value: unknown): value is string {
  return typeof value === 'string' && THREAD_ID.test(value);
}
