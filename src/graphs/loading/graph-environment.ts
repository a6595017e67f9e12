import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { GraphConfigError } from './graph-errors.js';
import type { LanggraphConfig } from './config/langgraph-config.js';

/**
 * Gives the graphs the `env` of their langgraph.json. A variable that the process has already keeps its value,
 * as with dotenv: what an operator sets by hand wins over a file.
 *
 * @throws GraphConfigError when the file cannot be read.
 */
export function applyGraphEnvironment(
  config: LanggraphConfig,
  environment: Record<string, string | undefined> = process.env,
): void {
  const variables = 'file' in config.env ? readEnvFile(config.configPath, config.env.file) : config.env.variables;
  for (const [name, value] of Object.entries(variables)) environment[name] ??= value;
}

/** A variable that is for graphs, as they see it: read it when their environment has been applied. */
export function graphVariable(name: string): string | undefined {
  return process.env[name];
}

function readEnvFile(configPath: string, file: string): Record<string, string> {
  try {
    return parse(readFileSync(file));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new GraphConfigError({ configPath, reason: `"env": cannot read ${file}: ${message}`, cause: error });
  }
}
