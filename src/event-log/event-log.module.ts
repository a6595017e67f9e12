import { Module } from '@nestjs/common';
import { Compaction } from './compaction.js';
import { EventLog } from './event-log.js';
import { EventReader } from './event-reader.js';
import { LogMaintenance } from './log-maintenance.js';
import { RecentEvents } from './recent-events.js';
import { Retention } from './retention.js';
import { StorageWatch } from './storage-watch.js';
import { SupersededRows } from './superseded-rows.js';
import { ThreadSubjects } from './thread-subjects.js';
import { WriteHealth } from './write-health.js';

@Module({
  providers: [
    EventLog, EventReader, RecentEvents, ThreadSubjects, WriteHealth, LogMaintenance, Retention, Compaction, StorageWatch, SupersededRows,
  ],
  exports: [EventLog, EventReader, ThreadSubjects, WriteHealth, LogMaintenance],
})
export class EventLogModule {}
