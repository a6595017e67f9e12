import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The version in Threadlog's own package.json, found upwards from this file: sources and build lie at different depths.
 */
export function serverVersion(): string {
  return versionAbove(fileURLToPath(import.meta.url), 'threadlog');
}

/** The version of LangGraph.js that the server itself brings along. */
export function langgraphVersion(): string {
  return versionAbove(createRequire(import.meta.url).resolve('@langchain/langgraph'), '@langchain/langgraph');
}

/** @throws Error when no folder above `file` holds the package `name` */
function versionAbove(file: string, name: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === name && manifest.version !== undefined) return manifest.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (folder === dirname(folder)) throw new Error(`No package.json of ${name} above ${file}`);
  }
}
