import { BadRequestException } from '@nestjs/common';
import { z } from 'zod';

/** Labels: at most 16, names of 64 and values of 512 characters. */
export const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, 'at most 16 pairs');

/** Changes to labels: null takes one away. */
export const metadataPatch = z.record(z.string().max(64), z.string().max(512).nullable());

/** @throws BadRequestException that names the first field that is wrong */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new BadRequestException(`${path === '' ? '' : `${path}: `}${issue?.message ?? 'invalid request'}`);
}

/** Labels after a change. @throws BadRequestException when there are more than 16 */
export function patched(known: Record<string, unknown>, patch: Readonly<Record<string, string | null>> = {}): Record<string, unknown> {
  const merged = Object.fromEntries(Object.entries({ ...known, ...patch }).filter(([, value]) => value !== null));
  if (Object.keys(merged).length > 16) throw new BadRequestException('metadata: at most 16 pairs');
  return merged;
}
