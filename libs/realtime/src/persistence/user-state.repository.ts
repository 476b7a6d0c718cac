import type { Tx } from '#libs/sharding';

/** A line of a user's list of bookings. */
export interface BookingLine {
  id: string;
  eventId: string;
  status: 'confirmed' | 'canceled';
  version: number;
  createdAt: Date;
}

// In: a user, a number. Out: the newest of the projection on the master.
const NEWEST = `
  SELECT booking_id AS id, event_id AS "eventId", status, version, created_at AS "createdAt"
  FROM user_bookings WHERE user_id = $1 ORDER BY created_at DESC, booking_id DESC LIMIT $2`;

export async function readNewestBookings(sql: Tx, userId: string, limit: number): Promise<BookingLine[]> {
  return (await sql.query<BookingLine>(NEWEST, [userId, limit])).rows;
}
