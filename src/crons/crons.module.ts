import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module.js';
import { CronRequests } from './cron-requests.js';
import { CronScheduler } from './cron-scheduler.js';
import { CronTicks } from './cron-ticks.js';
import { Crons } from './crons.js';

/** Runs at given times. */
@Module({
  imports: [RunsModule],
  providers: [Crons, CronRequests, CronScheduler, CronTicks],
  exports: [Crons],
})
export class CronsModule {}
