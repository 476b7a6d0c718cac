import type { ApiBodyOptions } from '@nestjs/swagger';
import { NewBookingDto } from './booking.dto.js';

/** Both ways to book. */
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
    hold: { summary: 'What you hold', value: { holdId: 'hld_01kb2m5v00e00806w3gz4ts9qh' } },
  },
};
