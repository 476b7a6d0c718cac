import { Module } from '@nestjs/common';
import { InventoryModule } from '#libs/inventory';
import { BookingService } from './booking.service.js';
import { Tickets } from './tickets.service.js';

@Module({
  imports: [InventoryModule],
  providers: [BookingService, Tickets],
  exports: [BookingService, Tickets],
})
export class BookingModule {}
