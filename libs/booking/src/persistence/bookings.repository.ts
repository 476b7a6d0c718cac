import { BOOKING_COLUMNS, type BookingRecord, type BookingRow, bookingOf } from '#libs/inventory';
import type { Tx } from '#libs/sharding';

const BY_IDS = `SELECT ${BOOKING_COLUMNS} FROM bookings WHERE id = ANY($1::uuid[])`;

// In: an event, a status or null, the id of the last booking seen or null, a number. Out: newest first.
const OF_EVENT = `
  SELECT ${BOOKING_COLUMNS} FROM bookings
  WHERE event_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR id < $3)
  ORDER BY id DESC LIMIT $4`;

const ORGANIZATION = 'SELECT organization_id AS id FROM events WHERE id = $1';

export async function findBookings(sql: Tx, ids: readonly string[]): Promise<BookingRecord[]> {
  const { rows } = await sql.query<BookingRow>({ name: 'bookings_by_ids', text: BY_IDS, values: [ids] });
  return rows.map(bookingOf);
}

export async function findBookingsOfEvent(
  sql: Tx,
  eventId: string,
  status: BookingRecord['status'] | null,
  beforeId: string | null,
  limit: number,
): Promise<BookingRecord[]> {
  const { rows } = await sql.query<BookingRow>(OF_EVENT, [eventId, status, beforeId, limit]);
  return rows.map(bookingOf);
}

/** The organization of an event; null when there is no such event. */
export async function findOrganization(sql: Tx, eventId: string): Promise<string | null> {
  const { rows } = await sql.query<{ id: string }>(ORGANIZATION, [eventId]);
  return rows[0]?.id ?? null;
}
