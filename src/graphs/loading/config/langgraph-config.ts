import { readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { z } from 'zod';
import { checkConfigKeys, type ConfigNotice } from './config-keys.js';
import { GraphConfigError } from '../graph-errors.js';
import { type HttpConfig, readHttpConfig } from './http-config.js';
import { type CheckpointerTtl, readCheckpointerTtl } from './ttl-config.js';

/** File endings that a graph can be loaded from. */
const GRAPH_EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.tsx'];

const entrySchema = z.union([
  z.string().min(1),
  z.object({ path: z.string().min(1), description: z.string().optional() }),
]);

const configSchema = z.looseObject({
  graphs: z.record(z.string().min(1), z.unknown()),
  env: z.unknown().optional(),
  checkpointer: z.unknown().optional(),
  store: z.unknown().optional(),
});

const envObjectSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** One entry of `graphs`: `path` is as written, `file` is absolute, `exportName` is `default` when none is written. */
export interface GraphEntry {
  id: string;
  path: string;
  file: string;
  exportName: string;
  description?: string;
}

/** A read langgraph.json. `env` is a file to read (absolute) or the variables themselves. */
export interface LanggraphConfig {
  configPath: string;
  graphs: GraphEntry[];
  env: { file: string } | { variables: Record<string, string> };
  http: HttpConfig;
  checkpointerTtl: CheckpointerTtl;
  /** The section `store` as written. */
  store: unknown;
  /** What it says without effect on this server, to be logged. */
  notices: ConfigNotice[];
}

/**
 * Reads and checks a langgraph.json; keys that this server has no use for are told in `notices`.
 * Paths in it are relative to the folder that holds it.
 *
 * @throws GraphConfigError naming the file, the entry and the reason.
 */
export function readLanggraphConfig(path: string): LanggraphConfig {
  const configPath = resolve(path);
  const parsed = configSchema.safeParse(parseJson(configPath));
  if (!parsed.success) throw new GraphConfigError({ configPath, reason: describeIssues(parsed.error) });
  const ids = Object.keys(parsed.data.graphs);
  if (ids.length === 0)
    throw new GraphConfigError({ configPath, reason: '"graphs" is empty: name at least one graph' });
  return {
    configPath,
    graphs: ids.map((id) => readEntry(configPath, id, parsed.data.graphs[id])),
    env: readEnv(configPath, parsed.data.env),
    http: readHttpConfig(configPath, parsed.data.http),
    checkpointerTtl: readCheckpointerTtl(configPath, parsed.data.checkpointer),
    store: parsed.data.store,
    notices: checkConfigKeys(configPath, parsed.data),
  };
}

/**
 * Splits `./file.ts:export` at the last colon that is not the one of a Windows drive.
 * Without an export name the default export is meant.
 */
export function splitGraphPath(path: string): { file: string; exportName: string } {
  const colon = path.lastIndexOf(':');
  const isDrive = colon === 1 && /^[A-Za-z]:([\\/]|$)/.test(path);
  if (colon === -1 || isDrive) return { file: path, exportName: 'default' };
  return { file: path.slice(0, colon), exportName: path.slice(colon + 1) };
}

function parseJson(configPath: string): unknown {
  let text: string;
  try {
    text = readFileSync(configPath, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new GraphConfigError({ configPath, reason: missing ? 'file not found' : messageOf(error), cause: error });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    throw new GraphConfigError({ configPath, reason: `not valid JSON: ${messageOf(error)}`, cause: error });
  }
}

function readEntry(configPath: string, graphId: string, raw: unknown): GraphEntry {
  const parsed = entrySchema.safeParse(raw);
  if (!parsed.success) {
    const reason = 'must be "./file.ts:export" or {"path": "./file.ts:export", "description": "..."}';
    throw new GraphConfigError({ configPath, graphId, entryPath: JSON.stringify(raw), reason });
  }
  const { path, description } = typeof parsed.data === 'string' ? { path: parsed.data } : parsed.data;
  const { file, exportName } = splitGraphPath(path);
  const refuse = (reason: string): GraphConfigError =>
    new GraphConfigError({ configPath, graphId, entryPath: path, reason });
  if (file === '') throw refuse('names no file before ":"');
  if (exportName === '') throw refuse('names no export after ":"');
  if (!GRAPH_EXTENSIONS.includes(extname(file))) {
    throw refuse(`a graph file ends in one of ${GRAPH_EXTENSIONS.join(', ')}`);
  }
  return {
    id: graphId,
    path,
    file: resolve(dirname(configPath), file),
    exportName,
    ...(description === undefined ? {} : { description }),
  };
}

function readEnv(configPath: string, raw: unknown): LanggraphConfig['env'] {
  if (raw === undefined) return { variables: {} };
  if (typeof raw === 'string' && raw !== '') return { file: resolve(dirname(configPath), raw) };
  const parsed = envObjectSchema.safeParse(raw);
  if (!parsed.success) {
    const reason = '"env" must be the path of a dotenv file or an object of strings, numbers and booleans';
    throw new GraphConfigError({ configPath, reason });
  }
  return { variables: Object.fromEntries(Object.entries(parsed.data).map(([name, value]) => [name, String(value)])) };
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.map(String).join('.') || 'the file'}: ${issue.message}`).join('; ');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
