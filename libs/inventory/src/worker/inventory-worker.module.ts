import { Module } from '@nestjs/common';
import { InventoryModule } from '../inventory.module.js';
import { ExpiryTimer } from './expiry.timer.js';

/** The inventory's timer; only the worker's list starts it. */
@Module({ imports: [InventoryModule], providers: [ExpiryTimer] })
export class InventoryWorkerModule {}
