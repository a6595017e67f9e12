import { Module } from '@nestjs/common';
import { StoreItems } from './store-items.js';
import { StoreSweeps } from './store-sweeps.js';
import { StoreController } from './store.controller.js';

/** The REST routes of the long-term store. */
@Module({ controllers: [StoreController], providers: [StoreItems, StoreSweeps] })
export class RestStoreModule {}
