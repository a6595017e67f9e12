import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { GraphRegistry } from '../../graphs/graph-registry.js';
import { type LifetimeStrategy, type ThreadLifetime, ThreadLifetimes } from '../../storage/thread-search.js';
import type { ThreadOutline } from '../../storage/rows/thread.js';

/** A thread's time to live as clients give it: minutes, or minutes and what happens then. */
export type GivenTtl = number | { readonly ttl: number; readonly strategy?: LifetimeStrategy | null };

/** A thread's time to live as clients read it. */
export interface ShownTtl {
  strategy: LifetimeStrategy;
  ttl_minutes: number;
  /** ISO time; later with each change of the thread. */
  expires_at: string;
}

const MINUTE_MS = 60_000;

/** How long threads live: as they say themselves, else as a setting says, else as langgraph.json does. */
@Injectable()
export class ThreadLifetimeRules {
  /** Of threads that say nothing; null: for ever. */
  readonly byDefault: ThreadLifetime | null;

  constructor(private readonly lifetimes: ThreadLifetimes, graphs: GraphRegistry, settings: Settings) {
    const { checkpointerTtl } = graphs.config;
    const set = settings.THREAD_TTL_MINUTES;
    this.byDefault =
      set > 0
        ? { strategy: settings.THREAD_TTL_STRATEGY, minutes: set }
        : checkpointerTtl.minutes === null
          ? null
          : { strategy: checkpointerTtl.strategy, minutes: checkpointerTtl.minutes };
  }

  /** Gives the thread a time of its own. */
  async give(threadId: string, ttl: GivenTtl): Promise<void> {
    const { ttl: minutes, strategy } = typeof ttl === 'number' ? { ttl, strategy: null } : ttl;
    await this.lifetimes.save(threadId, { minutes, strategy: strategy ?? 'delete' });
  }

  async shown({ threadId, updatedAt, stateUpdatedAt }: ThreadOutline): Promise<ShownTtl | null> {
    const lifetime = (await this.lifetimes.find(threadId)) ?? this.byDefault;
    if (lifetime === null) return null;
    const expiresAt = new Date(Math.max(updatedAt, stateUpdatedAt) + lifetime.minutes * MINUTE_MS);
    return { strategy: lifetime.strategy, ttl_minutes: lifetime.minutes, expires_at: expiresAt.toISOString() };
  }
}
