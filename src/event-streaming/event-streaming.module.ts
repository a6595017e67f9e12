import { Module } from '@nestjs/common';
import { EventLogModule } from '../event-log/event-log.module.js';
import { ThreadsModule } from '../threads/threads.module.js';
import { EventStreamController } from './event-stream.controller.js';
import { EventStreamService } from './event-stream.service.js';
import { OpenStreams } from './open-streams.js';

@Module({
  imports: [EventLogModule, ThreadsModule],
  controllers: [EventStreamController],
  providers: [EventStreamService, OpenStreams],
})
export class EventStreamingModule {}
