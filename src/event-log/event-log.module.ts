import { Module } from '@nestjs/common';
import { Compaction } from './compaction.js';
import { EventLog } from './event-log.js';
import { LogMaintenance } from './log-maintenance.js';
import { Retention } from './retention.js';
import { StorageWatch } from './storage-watch.js';
import { SupersededRows } from './superseded-rows.js';
import { ThreadSubjects } from './thread-subjects.js';
import { WriteHealth } from '../storage/write-health.js';

@Module({
  providers: [
    EventLog,
    ThreadSubjects,
    WriteHealth,
    LogMaintenance,
    Retention,
    Compaction,
    StorageWatch,
    SupersededRows,
  ],
  exports: [EventLog, ThreadSubjects, WriteHealth, LogMaintenance],
})
export class EventLogModule {}
