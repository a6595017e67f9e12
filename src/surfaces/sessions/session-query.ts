import { BadRequestException } from '@nestjs/common';

/** The query as the framework reads it: `types[]=a` is a key `types[]`. */
export type Query = Readonly<Record<string, unknown>>;

/** The values of a parameter that may come several times, with commas, or in brackets; null when it is absent. */
export function listOf(query: Query, ...names: string[]): string[] | null {
  const given = names
    .flatMap((name) => [query[name], query[`${name}[]`]])
    .flat()
    .filter((value) => typeof value === 'string');
  if (given.length === 0) return null;
  return given.flatMap((value) => value.split(',')).map((value) => value.trim()).filter((value) => value !== '');
}

/** The one value of a parameter. @throws BadRequestException when it comes several times */
export function textOf(query: Query, name: string): string | null {
  const value = query[name];
  if (value === undefined || value === '') return null;
  if (typeof value !== 'string') throw new BadRequestException(`${name} must be given once`);
  return value;
}

/** @throws BadRequestException for anything but the two */
export function orderOf(query: Query, fallback: 'asc' | 'desc'): 'asc' | 'desc' {
  const order = textOf(query, 'order') ?? fallback;
  if (order !== 'asc' && order !== 'desc') throw new BadRequestException('order must be asc or desc');
  return order;
}

/** What a page's size may be; `clamps`: a larger one counts as the largest. */
export interface LimitRule {
  readonly fallback: number;
  readonly max: number;
  readonly clamps: boolean;
}

/** @throws BadRequestException for no whole number from 1 up, or one above the maximum */
export function limitOf(query: Query, { fallback, max, clamps }: LimitRule): number {
  const text = textOf(query, 'limit');
  if (text === null) return fallback;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new BadRequestException('limit must be a whole number from 1 up');
  if (limit > max && !clamps) throw new BadRequestException(`limit must be at most ${max}`);
  return Math.min(limit, max);
}

/** Bounds of a time, in epoch ms. */
export interface TimeRange {
  readonly above: number;
  readonly from: number;
  readonly below: number;
  readonly to: number;
}

/** `created_at[gt]`, `[gte]`, `[lt]`, `[lte]`. @throws BadRequestException for what is no time */
export function timeRangeOf(query: Query): TimeRange {
  const read = (operator: string, fallback: number): number => {
    const text = textOf(query, `created_at[${operator}]`);
    if (text === null) return fallback;
    const time = Date.parse(text);
    if (Number.isNaN(time)) throw new BadRequestException(`created_at[${operator}] must be a time`);
    return time;
  };
  return {
    above: read('gt', -Infinity),
    from: read('gte', -Infinity),
    below: read('lt', Infinity),
    to: read('lte', Infinity),
  };
}

export function isWithin(time: number, { above, from, below, to }: TimeRange): boolean {
  return time > above && time >= from && time < below && time <= to;
}

/** A page cursor: opaque to the client. */
export function encodePage(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** @throws BadRequestException for one that this server did not make */
export function decodePage(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new BadRequestException('page is not a cursor that this server gave');
}
