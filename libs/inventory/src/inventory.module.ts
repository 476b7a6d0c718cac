import { Module } from '@nestjs/common';
import { CachingModule } from '#libs/caching';
import { InventoryService } from './inventory.service.js';
import { Lanes } from './lanes.service.js';

@Module({ imports: [CachingModule], providers: [Lanes, InventoryService], exports: [InventoryService] })
export class InventoryModule {}
