import { z } from 'zod';
import { GraphConfigError } from '../graph-errors.js';

const minutes = z.number().positive();

const checkpointerSchema = z.looseObject({
  ttl: z
    .object({
      strategy: z.enum(['delete', 'keep_latest']).optional(),
      default_ttl: minutes.nullish(),
      sweep_interval_minutes: minutes.nullish(),
    })
    .nullish(),
});

/** `checkpointer.ttl` of langgraph.json: how long threads live that say nothing else. */
export interface CheckpointerTtl {
  readonly strategy: 'delete' | 'keep_latest';
  /** Minutes after the last change; null: for ever. */
  readonly minutes: number | null;
  /** Minutes between two looks for threads whose time is over; null leaves it to MAINTENANCE_INTERVAL_MS. */
  readonly sweepMinutes: number | null;
}

const NO_TTL: CheckpointerTtl = { strategy: 'delete', minutes: null, sweepMinutes: null };

/** @throws GraphConfigError naming the field */
export function readCheckpointerTtl(configPath: string, raw: unknown): CheckpointerTtl {
  if (raw === undefined || raw === null) return NO_TTL;
  const { ttl } = parsed(checkpointerSchema, configPath, 'checkpointer', raw);
  if (!ttl) return NO_TTL;
  return {
    strategy: ttl.strategy ?? 'delete',
    minutes: ttl.default_ttl ?? null,
    sweepMinutes: ttl.sweep_interval_minutes ?? null,
  };
}

/** What a section of langgraph.json says. @throws GraphConfigError naming the field */
export function parsed<T>(schema: z.ZodType<T>, configPath: string, section: string, raw: unknown): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const reason = result.error.issues
    .map(({ path, message }) => `${[section, ...path.map(String)].join('.')}: ${message}`)
    .join('; ');
  throw new GraphConfigError({ configPath, reason });
}
