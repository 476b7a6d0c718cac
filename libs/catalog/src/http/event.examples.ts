import type { ApiBodyOptions } from '@nestjs/swagger';
import { EventChangeDto } from './event-change.dto.js';
import { NewEventDto } from './new-event.dto.js';

/** A body that can be sent as it is. */
export const NEW_EVENT: ApiBodyOptions = {
  type: NewEventDto,
  examples: {
    concert: {
      summary: 'A concert with standing room and a hall',
      value: {
        title: 'Mahler 5',
        description: 'The fifth symphony, with the Berliner Philharmoniker.',
        category: 'concert',
        venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
        startsAt: '2030-01-10T19:00:00.000Z',
        endsAt: '2030-01-10T22:00:00.000Z',
        salesStartAt: null,
        salesEndAt: null,
        ticketTypes: [
          {
            name: 'Standing',
            kind: 'general',
            capacity: 500,
            price: { amount: 4500, currency: 'EUR' },
            maxPerBooking: 6,
            maxPerPerson: 8,
          },
          { name: 'Stalls', kind: 'seated', price: { amount: 9000, currency: 'EUR' } },
        ],
        seatMap: { sections: [{ name: 'A', ticketType: 'Stalls', rows: [{ name: '1', seats: 24 }] }] },
      },
    },
  },
};

export const EVENT_CHANGE: ApiBodyOptions = {
  type: EventChangeDto,
  examples: {
    title: { summary: 'Another title', value: { title: 'Mahler 6' } },
    capacity: {
      summary: 'More places, and one more ticket type',
      value: {
        ticketTypes: [
          { id: 'tkt_01kb2m5v00ezzr0r0h3a4d6n8q', capacity: 600 },
          { name: 'Gallery', kind: 'general', capacity: 50, price: { amount: 2000, currency: 'EUR' } },
        ],
      },
    },
  },
};
