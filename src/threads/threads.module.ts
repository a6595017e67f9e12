import { Module } from '@nestjs/common';
import { EventLogModule } from '../event-log/event-log.module.js';
import { PendingInterrupts } from './pending-interrupts.js';
import { RunConfigs } from './run-configs.js';
import { StateEvents } from './state-events.js';
import { StreamingAvailability } from './streaming-availability.js';
import { ThreadRepository } from './thread-repository.js';
import { ThreadStateReader } from './thread-state-reader.js';
import { ThreadStateWriter } from './thread-state-writer.js';
import { ThreadsService } from './threads.service.js';

/**
 * Thread identity, status, state and history. `Database`, `GraphRegistry` and `Checkpointer` come from global modules.
 */
@Module({
  imports: [EventLogModule],
  providers: [
    ThreadRepository,
    ThreadsService,
    ThreadStateReader,
    ThreadStateWriter,
    PendingInterrupts,
    RunConfigs,
    StateEvents,
    StreamingAvailability,
  ],
  exports: [
    ThreadRepository,
    ThreadsService,
    ThreadStateReader,
    ThreadStateWriter,
    PendingInterrupts,
    RunConfigs,
    StreamingAvailability,
  ],
})
export class ThreadsModule {}
