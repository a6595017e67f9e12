import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { databasePath } from './database-url.js';
import { readEnvironment } from './environment.js';
import { loadSettings, SettingsError } from './load-settings.js';
import { Settings } from './settings.js';

/** The path of the file of settings in a folder. */
export function settingsFile(folder: string): string {
  return join(folder, '.env');
}

/**
 * The settings of a server of this folder, the one of its langgraph.json: options win over the environment, and that
 * over the folder's `.env`. A relative database path starts where it is written: at the folder for the default and for
 * `.env`, at the working directory for the environment.
 * @throws SettingsError, naming the file for what it says
 */
export function settingsOf(
  folder: string, options: Record<string, string> = {}, environment: NodeJS.ProcessEnv = readEnvironment(),
): Readonly<Settings> {
  const path = settingsFile(folder);
  const written = readSettingsFile(path);
  const given: NodeJS.ProcessEnv = { ...written, ...environment, ...options };
  if (environment.DATABASE_URL === undefined)
    given.DATABASE_URL = fromFolder(folder, written.DATABASE_URL ?? new Settings().DATABASE_URL);
  try {
    return loadSettings(given);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const isWritten = (name: string): boolean => name in written && !(name in environment) && !(name in options);
    throw new SettingsError(
      error.problems.map((problem) =>
        isWritten(problem.setting) ? { ...problem, reason: `${path}: ${problem.reason}` } : problem,
      ),
    );
  }
}

function readSettingsFile(path: string): Record<string, string> {
  try {
    return parse(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** The URL with an absolute path; one that cannot be read stays as it is, for the validation to refuse. */
function fromFolder(folder: string, url: string): string {
  try {
    return `sqlite://${databasePath(url, folder)}`;
  } catch {
    return url;
  }
}
