import { z } from 'zod';
import { GraphConfigError } from '../graph-errors.js';

/** What a graph runs with unless a run says otherwise. */
export interface DefaultConfig {
  /** `configurable`, `recursion_limit`, `tags`, `metadata`. */
  config: Record<string, unknown>;
  context?: Record<string, unknown>;
}

/** A run's own config and context. */
export interface OwnConfig {
  config: Record<string, unknown>;
  context?: unknown;
}

const VARIABLE = 'LANGGRAPH_CONFIG';
const anyObject = z.record(z.string(), z.unknown());
const configSchema = z.strictObject({
  configurable: anyObject.optional(),
  recursion_limit: z.number().int().positive().optional(),
  tags: z.array(z.string()).optional(),
  metadata: anyObject.optional(),
  context: anyObject.optional(),
});

/**
 * Reads the variable LANGGRAPH_CONFIG: `{"<graph id>": {"configurable": {...}, "context": {...}, ...}}`.
 * @throws GraphConfigError when it is not that, or names a graph that langgraph.json does not have
 */
export function readDefaultConfigs(
  configPath: string,
  text: string | undefined,
  graphIds: readonly string[],
): Map<string, DefaultConfig> {
  const configs = new Map<string, DefaultConfig>();
  if (text === undefined || text.trim() === '') return configs;
  const refuse = (what: string, cause?: unknown): GraphConfigError =>
    new GraphConfigError({ configPath, reason: `the variable ${VARIABLE} ${what}`, cause });
  for (const [graphId, value] of Object.entries(parseObject(text, refuse))) {
    if (!graphIds.includes(graphId))
      throw refuse(`names graph "${graphId}"; there are ${graphIds.map((id) => `"${id}"`).join(', ')}`);
    const parsed = configSchema.safeParse(value);
    if (!parsed.success) {
      throw refuse(
        `must give graph "${graphId}" an object of ${Object.keys(configSchema.shape).join(', ')}: ${parsed.error.issues[0]?.message}`,
      );
    }
    const { context, ...config } = parsed.data;
    configs.set(graphId, { config, ...(context && { context }) });
  }
  return configs;
}

/** A run's config over the defaults of its graph: key by key in `configurable` and `metadata`, as a whole elsewhere. */
export function withDefaults<T extends OwnConfig>(own: T, defaults: DefaultConfig | undefined): T {
  if (defaults === undefined) return own;
  const config: Record<string, unknown> = { ...defaults.config, ...own.config };
  for (const key of ['configurable', 'metadata']) {
    const [general, special] = [defaults.config[key], own.config[key]] as (object | null | undefined)[];
    if (general && special) config[key] = { ...general, ...special };
  }
  return { ...own, config, context: own.context ?? defaults.context };
}

function parseObject(
  text: string,
  refuse: (what: string, cause?: unknown) => GraphConfigError,
): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`is not valid JSON: ${(error as Error).message}`, error);
  }
  const parsed = anyObject.safeParse(value);
  if (!parsed.success) throw refuse('must be an object with a graph id for each key');
  return parsed.data;
}
