import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { EventLog } from './event-log.js';

/**
 * Looks at the files of the data every STORAGE_CHECK_MS, so that an idle server, or one whose runs only write, notices
 * too.
 */
@Injectable()
export class StorageWatch implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly log: EventLog, private readonly settings: Settings) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.log.isWritable(), this.settings.STORAGE_CHECK_MS).unref();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }
}
