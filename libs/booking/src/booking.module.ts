import { Module } from '@nestjs/common';
import { InventoryModule } from '#libs/inventory';
import { BookingService } from './booking.service.js';
import { CheckInService } from './check-in.service.js';
import { HoldsService } from './holds.service.js';
import { Tickets } from './tickets.service.js';

@Module({
  imports: [InventoryModule],
  providers: [BookingService, HoldsService, CheckInService, Tickets],
  exports: [BookingService, HoldsService, CheckInService, Tickets],
})
export class BookingModule {}
