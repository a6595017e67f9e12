import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A path inside the project. */
export function inProject(...parts: string[]): string {
  return join(PROJECT, ...parts);
}
