import { Module } from '@nestjs/common';
import { EventLogModule } from '../event-log/event-log.module.js';
import { HealthController } from './health.controller.js';

/** `/ok`, `/ready` and `/info`. `Settings` comes from a global module. */
@Module({ imports: [EventLogModule], controllers: [HealthController] })
export class HealthModule {}
