import { Module } from '@nestjs/common';
import { AnswerCache, CachingModule } from '#libs/caching';
import { InventoryModule } from '#libs/inventory';
import { AvailabilityService } from './availability.service.js';
import { DirectoryService } from './directory.service.js';
import { EventAnswers } from './event-answers.service.js';
import { EventsService } from './events.service.js';
import { PublicAvailability } from './http/public-availability.view.js';
import { PublicDirectory } from './http/public-directory.view.js';
import { PublicEvent } from './http/public-event.view.js';
import { PublicSeats } from './http/public-seats.view.js';

@Module({
  imports: [InventoryModule, CachingModule],
  providers: [
    EventsService,
    AvailabilityService,
    DirectoryService,
    EventAnswers,
    PublicEvent,
    PublicAvailability,
    PublicSeats,
    PublicDirectory,
  ],
  exports: [
    EventsService,
    AvailabilityService,
    DirectoryService,
    PublicEvent,
    PublicAvailability,
    PublicSeats,
    PublicDirectory,
    EventAnswers,
  ],
})
export class CatalogModule {
  constructor(
    cache: AnswerCache,
    event: PublicEvent,
    availability: PublicAvailability,
    seats: PublicSeats,
    directory: PublicDirectory,
  ) {
    for (const view of [event, availability, seats, directory]) cache.register(view);
  }
}
