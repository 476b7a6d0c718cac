import { Module } from '@nestjs/common';
import { InventoryModule } from '#libs/inventory';
import { EstimatesService } from './estimates.service.js';
import { MirrorModule } from './mirror.module.js';
import { ListsService } from './lists.service.js';
import { PositionsService } from './positions.service.js';
import { WaitlistService } from './waitlist.service.js';

@Module({
  imports: [InventoryModule, MirrorModule],
  providers: [EstimatesService, ListsService, PositionsService, WaitlistService],
  exports: [ListsService, PositionsService, WaitlistService],
})
export class WaitlistModule {}
