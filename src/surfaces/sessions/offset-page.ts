import { BadRequestException } from '@nestjs/common';
import { decodePage, encodePage, limitOf, type LimitRule, type Query, textOf } from './session-query.js';

/** A page of a short list, which goes on where the one before it ended. */
export interface OffsetPage<T> {
  readonly data: readonly T[];
  readonly next_page: string | null;
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

export interface OffsetRequest {
  readonly offset: number;
  readonly limit: number;
}

/** @throws BadRequestException for a limit or a cursor that is none */
export function offsetOf(query: Query, rule: LimitRule): OffsetRequest {
  const page = textOf(query, 'page');
  const offset = page === null ? 0 : decodePage(page).offset;
  if (!Number.isSafeInteger(offset) || (offset as number) < 0)
    throw new BadRequestException('page is not a cursor that this server gave');
  return { offset: offset as number, limit: limitOf(query, rule) };
}

/** @param found what there is from the offset on: one more than the limit when there is a next page */
export function offsetPage<T extends { readonly id?: unknown }>(
  found: readonly T[],
  { offset, limit }: OffsetRequest,
): OffsetPage<T> {
  const data = found.slice(0, limit);
  const hasMore = found.length > limit;
  return {
    data,
    next_page: hasMore ? encodePage({ offset: offset + limit }) : null,
    first_id: idOf(data[0]),
    last_id: idOf(data.at(-1)),
    has_more: hasMore,
  };
}

function idOf(item: { readonly id?: unknown } | undefined): string | null {
  return typeof item?.id === 'string' ? item.id : null;
}
