import { Module } from '@nestjs/common';
import { InventoryModule } from '#libs/inventory';
import { PositionsService } from './positions.service.js';
import { WaitlistService } from './waitlist.service.js';

@Module({
  imports: [InventoryModule],
  providers: [PositionsService, WaitlistService],
  exports: [PositionsService, WaitlistService],
})
export class WaitlistModule {}
