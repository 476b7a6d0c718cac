import { formatId } from '#libs/kernel';
import type { BookingRecord } from '#libs/inventory';
import type { Ticket } from '../tickets.service.js';
import type { BookingDto } from './booking.dto.js';

export function toBookingDto(booking: BookingRecord, tickets: readonly Ticket[]): BookingDto {
  const { currency } = booking;
  return {
    id: formatId('booking', booking.id),
    reference: booking.reference,
    eventId: formatId('event', booking.eventId),
    userId: formatId('user', booking.userId),
    status: booking.status,
    version: booking.version,
    total: { amount: booking.total, currency },
    items: booking.items.map((item) => ({
      ticketTypeId: formatId('ticketType', item.ticketTypeId),
      quantity: item.quantity,
      unitPrice: { amount: item.unitAmount, currency },
      priceVersion: item.priceVersion,
    })),
    admissions: tickets.map((ticket) => ({
      id: formatId('admission', ticket.id),
      code: ticket.code,
      ticketTypeId: formatId('ticketType', ticket.ticketTypeId),
    })),
    createdAt: new Date(booking.createdAt),
  };
}
