import { EventLogModule } from '../event-log/event-log.module.js';
import { Module } from '@nestjs/common';
import { ThreadFinder } from './finding/thread-finder.js';
import { ThreadLifetimeRules } from './finding/thread-lifetime.js';
import { PendingInterrupts } from './pending-interrupts.js';
import { RunConfigs } from './run-configs.js';
import { StateEvents } from './state-events.js';
import { StreamingAvailability } from './streaming-availability.js';
import { ThreadMetadata } from './thread-metadata.js';
import { ThreadStateReader } from './thread-state-reader.js';
import { ThreadStateWriter } from './thread-state-writer.js';
import { ThreadsService } from './threads.service.js';

/**
 * Thread identity, status, state and history. `Database`, `GraphRegistry` and `Checkpointer` come from global modules.
 */
@Module({
  imports: [EventLogModule],
  providers: [
    ThreadMetadata,
    ThreadsService,
    ThreadStateReader,
    ThreadStateWriter,
    PendingInterrupts,
    RunConfigs,
    StateEvents,
    StreamingAvailability,
    ThreadFinder,
    ThreadLifetimeRules,
  ],
  exports: [
    ThreadMetadata,
    ThreadsService,
    ThreadStateReader,
    ThreadStateWriter,
    PendingInterrupts,
    RunConfigs,
    StreamingAvailability,
    ThreadFinder,
    ThreadLifetimeRules,
  ],
})
export class ThreadsModule {}
