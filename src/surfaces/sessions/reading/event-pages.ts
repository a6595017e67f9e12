import { BadRequestException, Injectable } from '@nestjs/common';
import type { SessionEvent } from '../projection/session-event.js';
import { EventIds } from '../projection/session-ids.js';
import { type FoldSubject, SessionFolds, type Visit } from './session-fold.js';
import type { SessionView } from './session-view.js';
import { decodePage, encodePage } from '../session-query.js';

/** Which page: at most one of the three cursors. */
export interface PageRequest {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly afterId: string | null;
  readonly beforeId: string | null;
  /** `next_page` of the page before. */
  readonly page: string | null;
  /** Tells one filter from another; a page goes on only under its own. */
  readonly filterKey: string;
}

/** A page under all the names that clients read. */
export interface SessionEventPage {
  readonly data: readonly SessionEvent[];
  readonly next_page: string | null;
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

interface Found {
  readonly events: SessionEvent[];
  readonly hasMore: boolean;
}

/** Pages through the events of a session, which are made anew for each page. */
@Injectable()
export class EventPages {
  constructor(private readonly folds: SessionFolds) {}

  /** @throws BadRequestException for a cursor that is malformed, of another thread, or combined with another */
  async read(subject: FoldSubject, view: SessionView, request: PageRequest): Promise<SessionEventPage> {
    const { order, afterId, beforeId, page, filterKey } = request;
    if ([afterId, beforeId, page].filter((cursor) => cursor !== null).length > 1) {
      throw new BadRequestException('give one of after_id, before_id and page');
    }
    const after = page === null ? afterId : startOfPage(page, order, filterKey);
    const cursor = after ?? beforeId;
    if (cursor !== null && !new EventIds(subject.threadId).placeOf(cursor)) throw foreign(cursor);
    const goesUp = (beforeId === null) === (order === 'asc');
    const found = goesUp
      ? await this.firstAfter(subject, view, cursor, request.limit)
      : await this.lastBefore(subject, view, cursor, request.limit);
    const data = order === 'asc' ? found.events : found.events.reverse();
    const lastId = data.at(-1)?.id ?? null;
    const goesOn = found.hasMore && beforeId === null && lastId !== null;
    return {
      data,
      next_page: goesOn ? encodePage({ after: lastId, order, filter: filterKey }) : null,
      first_id: data[0]?.id ?? null,
      last_id: lastId,
      has_more: found.hasMore,
    };
  }

  private async firstAfter(subject: FoldSubject, view: SessionView, id: string | null, limit: number): Promise<Found> {
    const events: SessionEvent[] = [];
    let isPast = id === null;
    const visit: Visit = (projected) => {
      const shown = isPast ? view.present(projected) : null;
      if (shown) events.push(shown);
      if (projected.event.id === id) isPast = view.covers(projected);
      return events.length > limit;
    };
    // An event comes with the row that its id names, or later.
    const from = id === null ? 0 : (new EventIds(subject.threadId).placeOf(id)?.seq ?? 1) - 1;
    await this.folds.open(subject, from).catchUp(visit);
    if (!isPast) throw foreign(id);
    return { events: events.slice(0, limit), hasMore: events.length > limit };
  }

  private async lastBefore(subject: FoldSubject, view: SessionView, id: string | null, limit: number): Promise<Found> {
    const events: SessionEvent[] = [];
    let isThere = id === null;
    const visit: Visit = (projected) => {
      if (projected.event.id === id) isThere = view.covers(projected);
      if (isThere && id !== null) return true;
      const shown = view.present(projected);
      if (shown) events.push(shown);
      if (events.length > limit + 1) events.shift();
      return false;
    };
    await this.folds.open(subject).catchUp(visit);
    if (!isThere) throw foreign(id);
    return { events: events.slice(-limit), hasMore: events.length > limit };
  }
}

function foreign(id: string | null): BadRequestException {
  return new BadRequestException(`${String(id)} is no event of this thread`);
}

function startOfPage(page: string, order: string, filterKey: string): string {
  const cursor = decodePage(page);
  if (cursor.order !== order || cursor.filter !== filterKey || typeof cursor.after !== 'string') {
    throw new BadRequestException('page belongs to another query: keep order, types and limits in time as they were');
  }
  return cursor.after;
}
