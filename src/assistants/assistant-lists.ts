import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { Settings } from '../config/settings.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import { type AssistantFilter, type AssistantRow, type AssistantSearch, AssistantStorage } from '../storage/assistant-storage.js';
import { assertFilter, checkedLimit } from './assistant-limits.js';
import { Assistants } from './assistants.service.js';

/** What a client wants to have listed; null filters nothing. */
export type WantedAssistants = Pick<AssistantFilter, 'graphId' | 'name' | 'metadata'>;
export type WantedPage = WantedAssistants & Pick<AssistantSearch, 'sortBy' | 'descending' | 'limit' | 'offset'>;

/** One page, and what there is beyond it. */
export interface AssistantPage {
  readonly rows: AssistantRow[];
  /** How many there are in all. */
  readonly total: number;
  /** Where the next page starts; null after the last one. */
  readonly next: number | null;
}

/** Lists of assistants: the caller's own together with those of the graphs, and the versions of one. */
@Injectable()
export class AssistantLists {
  constructor(
    private readonly storage: AssistantStorage,
    private readonly assistants: Assistants,
    private readonly graphs: GraphRegistry,
    private readonly settings: Settings,
  ) {}

  /** @throws UnprocessableEntityException above MAX_SEARCH_LIMIT or MAX_METADATA_FILTER_VALUES */
  async search({ sortBy, descending, limit, offset, ...wanted }: WantedPage, caller: Caller): Promise<AssistantPage> {
    const filter = this.filter(wanted, caller);
    const page = { sortBy, descending, limit: checkedLimit(limit, this.settings), offset };
    const total = await this.storage.count(filter);
    const rows = await this.storage.search({ ...filter, ...page });
    const end = offset + rows.length;
    return { rows, total, next: rows.length > 0 && end < total ? end : null };
  }

  /** @throws UnprocessableEntityException above MAX_METADATA_FILTER_VALUES */
  async count(wanted: WantedAssistants, caller: Caller): Promise<number> {
    return this.storage.count(this.filter(wanted, caller));
  }

  /** Newest first. @throws NotFoundException also for another's, UnprocessableEntityException for too much */
  async versions(
    id: string,
    query: { metadata: Record<string, unknown> | null; limit: number; offset: number },
    caller: Caller,
  ): Promise<AssistantRow[]> {
    const limit = checkedLimit(query.limit, this.settings);
    assertFilter(query.metadata, this.settings);
    const { assistantId } = await this.assistants.find(id, caller);
    return this.storage.versions(assistantId, { ...query, limit });
  }

  private filter(wanted: WantedAssistants, { owner }: Caller): AssistantFilter {
    assertFilter(wanted.metadata, this.settings);
    return { ...wanted, owner, systemGraphIds: this.graphs.ids() };
  }
}
