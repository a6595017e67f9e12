import { Module } from '@nestjs/common';
import { EventLog } from './event-log.js';
import { EventReader } from './event-reader.js';
import { ThreadSubjects } from './thread-subjects.js';
import { WriteHealth } from './write-health.js';

@Module({
  providers: [EventLog, EventReader, ThreadSubjects, WriteHealth],
  exports: [EventLog, EventReader, ThreadSubjects, WriteHealth],
})
export class EventLogModule {}
