import { BadRequestException } from '@nestjs/common';
import { z } from 'zod';

const MAX_PAIRS = 16;
/** Every pair may be taken away and another one put in its place. */
const MAX_CHANGES = 2 * MAX_PAIRS;

/** Counts the pairs before a schema looks at each of them. */
const counted = (most: number) => (pairs: unknown, context: z.RefinementCtx): unknown => {
  const isTooMany = typeof pairs === 'object' && pairs !== null && Object.keys(pairs).length > most;
  if (isTooMany) context.addIssue({ code: 'custom', message: `at most ${most} pairs` });
  return pairs;
};

/** Labels: at most 16, names of 64 and values of 512 characters. */
export const metadata = z.preprocess(counted(MAX_PAIRS), z.record(z.string().max(64), z.string().max(512)));

/** Changes to labels: null takes one away. */
export const metadataPatch = z.preprocess(
  counted(MAX_CHANGES),
  z.record(z.string().max(64), z.string().max(512).nullable()),
);

/** @throws BadRequestException that names the first field that is wrong */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new BadRequestException(`${path === '' ? '' : `${path}: `}${issue?.message ?? 'invalid request'}`);
}

/** Labels after a change. @throws BadRequestException when there are more than 16 */
export function patched(
  known: Record<string, unknown>,
  patch: Readonly<Record<string, string | null>> = {},
): Record<string, unknown> {
  const merged = Object.fromEntries(Object.entries({ ...known, ...patch }).filter(([, value]) => value !== null));
  if (Object.keys(merged).length > MAX_PAIRS) throw new BadRequestException(`metadata: at most ${MAX_PAIRS} pairs`);
  return merged;
}
