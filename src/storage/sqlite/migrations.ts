import type { MigrationInterface } from 'typeorm';
import { Initial1763600000000 } from '../../../migrations/sqlite/1763600000000-initial.js';
import { RunsByOwner1763650000000 } from '../../../migrations/sqlite/1763650000000-runs-by-owner.js';
import { RecentEvents1763750000000 } from '../../../migrations/sqlite/1763750000000-recent-events.js';
import { CrashBlame1763800000000 } from '../../../migrations/sqlite/1763800000000-crash-blame.js';
import { AssistantSearch1763920000000 } from '../../../migrations/sqlite/1763920000000-assistant-search.js';
import { Crons1763930000000 } from '../../../migrations/sqlite/1763930000000-crons.js';
import { Webhooks1763931000000 } from '../../../migrations/sqlite/1763931000000-webhooks.js';
import { NarrowRows1763850000000 } from '../../../migrations/sqlite/1763850000000-narrow-rows.js';
import { StoreItems1763871000000 } from '../../../migrations/sqlite/1763871000000-store-items.js';
import { ThreadSearch1763870000000 } from '../../../migrations/sqlite/1763870000000-thread-search.js';
import { RestRuns1763921000000 } from '../../../migrations/sqlite/1763921000000-rest-runs.js';
import { Sessions1763700000000 } from '../../../migrations/sqlite/1763700000000-sessions.js';

/** Every migration, oldest first. A new one is added here: classes and no glob, so that a build cannot miss one. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  Initial1763600000000, RunsByOwner1763650000000, Sessions1763700000000, RecentEvents1763750000000,
  CrashBlame1763800000000, NarrowRows1763850000000, ThreadSearch1763870000000, StoreItems1763871000000,
  AssistantSearch1763920000000, RestRuns1763921000000, Crons1763930000000, Webhooks1763931000000,
];
