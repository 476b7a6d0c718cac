import { Module } from '@nestjs/common';
import { InventoryService } from './inventory.service.js';
import { Lanes } from './lanes.service.js';

@Module({ providers: [Lanes, InventoryService], exports: [InventoryService] })
export class InventoryModule {}
