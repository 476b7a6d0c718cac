import type { BookingRecord } from '../domain/booking-record.js';

/** The columns of `bookings` that make a `BookingRow`. */
export const BOOKING_COLUMNS = `
  id, event_id, user_id, organization_id, reference, status, version, currency, total_amount, items, created_at, canceled_at`;

export interface BookingRow {
  id: string;
  event_id: string;
  user_id: string;
  organization_id: string;
  reference: string;
  status: BookingRecord['status'];
  version: number;
  currency: string;
  total_amount: number;
  items: BookingRecord['items'];
  created_at: Date;
  canceled_at: Date | null;
}

export function bookingOf(row: BookingRow): BookingRecord {
  return {
    id: row.id,
    reference: row.reference,
    eventId: row.event_id,
    userId: row.user_id,
    organizationId: row.organization_id,
    status: row.status,
    version: row.version,
    currency: row.currency,
    total: row.total_amount,
    items: row.items,
    createdAt: row.created_at.getTime(),
    canceledAt: row.canceled_at?.getTime() ?? null,
  };
}
