import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type Embed, PLAIN_STORE, type StoreIndex, type StoreRules } from '../../store/store-rules.js';
import { GraphConfigError } from '../graph-errors.js';
import { loadExport } from '../graph-loader.js';
import { splitGraphPath } from './langgraph-config.js';
import { parsed } from './ttl-config.js';

const minutes = z.number().positive();

const storeSchema = z.looseObject({
  ttl: z
    .object({
      default_ttl: minutes.nullish(),
      refresh_on_read: z.boolean().nullish(),
      sweep_interval_minutes: minutes.nullish(),
    })
    .nullish(),
  index: z
    .object({ embed: z.string().min(1), dims: z.int().positive(), fields: z.array(z.string()).nullish() })
    .nullish(),
});

/** An object with LangChain's interface of embeddings. */
interface Embeddings {
  embedDocuments(texts: string[]): Promise<number[][]>;
}

/**
 * `store` of langgraph.json: how long items live, and by what function of the user's own they are embedded.
 * @throws GraphConfigError naming the field
 */
export async function readStoreRules(configPath: string, raw: unknown): Promise<StoreRules> {
  if (raw === undefined || raw === null) return PLAIN_STORE;
  const { ttl, index } = parsed(storeSchema, configPath, 'store', raw);
  return {
    ttl: {
      defaultMinutes: ttl?.default_ttl ?? null,
      refreshOnRead: ttl?.refresh_on_read ?? true,
      sweepMinutes: ttl?.sweep_interval_minutes ?? null,
    },
    index: index ? await readIndex(configPath, index) : null,
  };
}

async function readIndex(
  configPath: string,
  { embed, dims, fields }: { embed: string; dims: number; fields?: string[] | null },
): Promise<StoreIndex> {
  const refuse = (reason: string): GraphConfigError =>
    new GraphConfigError({ configPath, reason: `store.index.embed "${embed}" ${reason}` });
  const { file, exportName } = splitGraphPath(embed);
  if (!/^\.{0,2}[\\/]|^[A-Za-z]:[\\/]/.test(file)) {
    throw refuse('names a provider, which is not served: name a function of your own, as in "./embed.ts:embed"');
  }
  const value = await loadExport(resolve(dirname(configPath), file), exportName, refuse);
  const embedder = value as Embed | Embeddings | undefined;
  if (typeof embedder === 'function') return { embed: embedder, dims, fields: fields ?? ['$'] };
  if (typeof embedder?.embedDocuments !== 'function')
    throw refuse('is neither a function of texts nor an object with embedDocuments');
  return { embed: (texts) => embedder.embedDocuments(texts), dims, fields: fields ?? ['$'] };
}
