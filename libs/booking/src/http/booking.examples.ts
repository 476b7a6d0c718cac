import type { ApiBodyOptions } from '@nestjs/swagger';
import { NewBookingDto } from './booking.dto.js';
import { NewHoldDto } from './hold.dto.js';

/** The ways to book. */
export const NEW_BOOKING: ApiBodyOptions = {
  type: NewBookingDto,
  examples: {
    places: {
      summary: 'What is free',
      value: {
        eventId: 'evt_01kb2m5v00e00806w3gz4ts9qh',
        items: [{ ticketTypeId: 'tkt_01kb2m5v00e00806w3gz4ts9qh', quantity: 2 }],
      },
    },
    seats: {
      summary: 'Two seats by name, and the three best of another type',
      value: {
        eventId: 'evt_01kb2m5v00e00806w3gz4ts9qh',
        items: [
          {
            ticketTypeId: 'tkt_01kb2m5v00e00806w3gz4ts9qh',
            seatIds: ['sea_01kb2m5v00e00806w3gz4ts9qh', 'sea_01kb2m5v00e00806w3gz4ts9qj'],
          },
          { ticketTypeId: 'tkt_01kb2m5v00e00806w3gz4ts9qk', quantity: 3, bestAvailable: true },
        ],
      },
    },
    hold: { summary: 'What you hold', value: { holdId: 'hld_01kb2m5v00e00806w3gz4ts9qh' } },
  },
};

export const NEW_HOLD: ApiBodyOptions = {
  type: NewHoldDto,
  examples: {
    places: {
      summary: 'Two places for ten minutes',
      value: { items: [{ ticketTypeId: 'tkt_01kb2m5v00e00806w3gz4ts9qh', quantity: 2 }], ttlSeconds: 600 },
    },
    seats: {
      summary: 'The four best seats of a section',
      value: {
        items: [
          { ticketTypeId: 'tkt_01kb2m5v00e00806w3gz4ts9qh', quantity: 4, bestAvailable: true, section: 'A' },
        ],
      },
    },
  },
};
