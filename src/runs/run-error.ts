import type { RunError } from '../storage/rows/run.js';

/** What is told of whatever made a run fail. A class is known by the name that it gives itself, else by its own. */
export function errorOf(error: unknown): RunError {
  if (!(error instanceof Error)) return { message: String(error), type: null };
  // A graph may have put anything there.
  const { name, message } = error as { name: unknown; message: unknown };
  const isNamed = typeof name === 'string' && name !== '' && name !== 'Error';
  const type = isNamed ? name : error.constructor.name;
  return { message: message === '' ? type : String(message), type };
}
