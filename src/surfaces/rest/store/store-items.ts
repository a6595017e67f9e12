import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import type { Item, MatchCondition, SearchItem } from '@langchain/langgraph-checkpoint';
import type { Caller } from '../../../auth/caller.js';
import { StoreScopes } from '../../../graphs/store/store-scopes.js';
import { validationIssue } from '../../../protocol/validation-issue.js';
import type {
  GetStoreItemQuery, ListNamespacesDto, PutStoreItemDto, SearchStoreItemsDto, StoreItemDto, StoreItemKeyDto,
} from './store.dto.js';

/** The caller's items of the long-term store, as the REST routes give them. */
@Injectable()
export class StoreItems {
  constructor(private readonly stores: StoreScopes) {}

  async put({ namespace, key, value, index, ttl }: PutStoreItemDto, { owner }: Caller): Promise<void> {
    const operation = { namespace, key, value, ...(index === undefined || index === null ? {} : { index }) };
    await this.stores.of(owner).on(operation, { ttl });
  }

  async get({ namespace, key, refresh_ttl }: GetStoreItemQuery, { owner }: Caller): Promise<StoreItemDto | null> {
    const item = await this.stores.of(owner).on({ namespace, key }, { refreshTtl: refresh_ttl });
    return item === null ? null : toDto(item as Item);
  }

  async delete({ namespace, key }: StoreItemKeyDto, { owner }: Caller): Promise<void> {
    await this.stores.of(owner).delete(namespace, key);
  }

  async search(request: SearchStoreItemsDto, { owner }: Caller): Promise<StoreItemDto[]> {
    const { namespace_prefix, filter, limit, offset, query, refresh_ttl } = request;
    assertOperators(filter ?? {});
    const operation = {
      namespacePrefix: namespace_prefix ?? [],
      ...(filter ? { filter } : {}),
      limit: limit ?? 10,
      offset: offset ?? 0,
      ...(query ? { query } : {}),
    };
    const found = await this.stores.of(owner).on(operation, { refreshTtl: refresh_ttl });
    return (found as SearchItem[]).map(toDto);
  }

  async namespaces(request: ListNamespacesDto, { owner }: Caller): Promise<string[][]> {
    const { prefix, suffix, max_depth, limit, offset } = request;
    const matchConditions: MatchCondition[] = [
      ...(prefix?.length ? [{ matchType: 'prefix' as const, path: prefix }] : []),
      ...(suffix?.length ? [{ matchType: 'suffix' as const, path: suffix }] : []),
    ];
    const operation = { matchConditions, maxDepth: max_depth ?? undefined, limit: limit ?? 100, offset: offset ?? 0 };
    return (await this.stores.of(owner).on(operation, {})) as string[][];
  }
}

const OPERATORS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin'];

/** An operator that there is not would only be compared with, and find nothing. */
function assertOperators(filter: Record<string, unknown>): void {
  for (const [key, wanted] of Object.entries(filter)) {
    if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) continue;
    const unknown = Object.keys(wanted).find((name) => name.startsWith('$') && !OPERATORS.includes(name));
    if (unknown === undefined) continue;
    const message = `${unknown} is no operator; there are ${OPERATORS.join(', ')}`;
    throw new UnprocessableEntityException({
      detail: [validationIssue(['body', 'filter', key], message, 'value_error', unknown)],
    });
  }
}

function toDto({ namespace, key, value, createdAt, updatedAt, ...more }: Item & { score?: number }): StoreItemDto {
  return {
    namespace,
    key,
    value,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    ...(more.score === undefined ? {} : { score: more.score }),
  };
}
