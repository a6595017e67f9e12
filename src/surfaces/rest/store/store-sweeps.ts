import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import { StoreScopes } from '../../../graphs/store/store-scopes.js';

/** Items that one transaction removes. */
const REMOVED_AT_ONCE = 500;
const MINUTE_MS = 60_000;
const MAX_TIMER_MS = 2_147_483_647;

/** Removes, from time to time, the items of the store whose time is over; nobody has seen them since. */
@Injectable()
export class StoreSweeps implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(StoreSweeps.name);
  private timer: NodeJS.Timeout | null = null;
  private isRunning = false;

  constructor(private readonly stores: StoreScopes, private readonly settings: Settings) {}

  onApplicationBootstrap(): void {
    const { sweepMinutes } = this.stores.rules.ttl;
    const interval = sweepMinutes === null ? this.settings.MAINTENANCE_INTERVAL_MS : sweepMinutes * MINUTE_MS;
    this.timer = setInterval(() => void this.sweep(), Math.min(interval, MAX_TIMER_MS));
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private async sweep(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      while (this.timer && (await this.stores.storage.removeExpired(Date.now(), REMOVED_AT_ONCE)) === REMOVED_AT_ONCE)
        await nextTurn();
    } catch (error) {
      this.logger.error({ err: error }, 'expired items of the store could not be removed');
    } finally {
      this.isRunning = false;
    }
  }
}
