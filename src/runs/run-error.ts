import type { RunError } from './run.js';

/** What is told of whatever made a run fail. A class is known by the name that it gives itself, else by its own. */
export function errorOf(error: unknown): RunError {
  if (!(error instanceof Error)) return { message: String(error), type: null };
  const type = error.name !== 'Error' ? error.name : error.constructor.name;
  return { message: error.message || type, type };
}
