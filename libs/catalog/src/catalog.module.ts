import { Module } from '@nestjs/common';
import { InventoryModule } from '#libs/inventory';
import { AvailabilityService } from './availability.service.js';
import { DirectoryService } from './directory.service.js';
import { EventsService } from './events.service.js';

@Module({
  imports: [InventoryModule],
  providers: [EventsService, AvailabilityService, DirectoryService],
  exports: [EventsService, AvailabilityService, DirectoryService],
})
export class CatalogModule {}
