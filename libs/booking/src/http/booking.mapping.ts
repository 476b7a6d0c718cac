import { formatId } from '#libs/kernel';
import type { BookedItem, BookedSeat, BookingRecord, CheckInRecord, HoldRecord } from '#libs/inventory';
import type { Ticket } from '../tickets.service.js';
import type { AdmissionDto, BookedItemDto, BookedSeatDto, BookingDto, CheckedInDto } from './booking.dto.js';
import type { HoldDto } from './hold.dto.js';

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
    items: booking.items.map((item) => toItemDto(item, currency)),
    admissions: tickets.map(toAdmissionDto),
    createdAt: new Date(booking.createdAt).toISOString(),
  };
}

export function toHoldDto(hold: HoldRecord): HoldDto {
  const { currency } = hold;
  return {
    id: formatId('hold', hold.id),
    eventId: formatId('event', hold.eventId),
    status: hold.status,
    items: hold.items.map((item) => toItemDto(item, currency)),
    total: { amount: hold.total, currency },
    expiresAt: new Date(hold.expiresAt),
    createdAt: new Date(hold.createdAt),
    bookingId: hold.bookingId && formatId('booking', hold.bookingId),
  };
}

export function toCheckedInDto(booking: BookingRecord, ticket: Ticket, { at }: CheckInRecord): CheckedInDto {
  return {
    ...toAdmissionDto(ticket),
    bookingId: formatId('booking', booking.id),
    eventId: formatId('event', booking.eventId),
    checkedInAt: new Date(at),
  };
}

function toAdmissionDto(ticket: Ticket): AdmissionDto {
  const { id, code, ticketTypeId, seat } = ticket;
  const admission: AdmissionDto = {
    id: formatId('admission', id),
    code,
    ticketTypeId: formatId('ticketType', ticketTypeId),
  };
  if (seat) admission.seat = toSeatDto(seat.id, seat);
  return admission;
}

function toItemDto(item: BookedItem, currency: string): BookedItemDto {
  const { ticketTypeId, quantity, unitAmount, priceVersion, seatIds } = item;
  const dto: BookedItemDto = {
    ticketTypeId: formatId('ticketType', ticketTypeId),
    quantity,
    unitPrice: { amount: unitAmount, currency },
    priceVersion,
  };
  if (seatIds) dto.seats = seatIds.map((id, i) => toSeatDto(id, item.seats![i]!));
  return dto;
}

function toSeatDto(id: string, { label }: Pick<BookedSeat, 'label'>): BookedSeatDto {
  // Named one by one: a replay reads them from the database, which has an order of its own.
  const { section, row, number } = label;
  return { id: formatId('seat', id), section, row, number };
}
