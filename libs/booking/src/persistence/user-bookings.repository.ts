import type { BookingFacts } from '#libs/contracts';
import type { Tx } from '#libs/sharding';

/** A line of a user's list, as the master knows it. */
export interface UserBooking {
  id: string;
  version: number;
  createdAt: Date;
}

/** Which of a user's bookings. */
export interface UserBookingFilter {
  userId: string;
  eventId: string | null;
  status: string | null;
}

// In: user, event or null, status or null, id and time of the last one seen or nulls, a number. Out: newest first.
const OF_USER = `
  SELECT booking_id AS id, version, created_at AS "createdAt" FROM user_bookings
  WHERE user_id = $1 AND ($2::uuid IS NULL OR event_id = $2) AND ($3::text IS NULL OR status = $3)
    AND ($4::uuid IS NULL OR (created_at, booking_id) < ($5::timestamptz, $4))
  ORDER BY created_at DESC, booking_id DESC LIMIT $6`;

// In: bookings, one element a column and row. Effect: what is older than stored changes nothing.
const UPSERT_IF_NEWER = `
  INSERT INTO user_bookings (booking_id, user_id, event_id, status, version, created_at)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::timestamptz[])
  ON CONFLICT (booking_id) DO UPDATE SET status = excluded.status, version = excluded.version
  WHERE user_bookings.version < excluded.version`;

export async function findUserBookings(
  sql: Tx,
  { userId, eventId, status }: UserBookingFilter,
  after: readonly string[] | null,
  limit: number,
): Promise<UserBooking[]> {
  const values = [userId, eventId, status, after?.[0] ?? null, after?.[1] ?? null, limit];
  return (await sql.query<UserBooking>(OF_USER, values)).rows;
}

export async function upsertUserBookings(
  tx: Tx,
  news: readonly { version: number; facts: BookingFacts }[],
): Promise<void> {
  await tx.query(UPSERT_IF_NEWER, [
    news.map((n) => n.facts.bookingId),
    news.map((n) => n.facts.userId),
    news.map((n) => n.facts.eventId),
    news.map((n) => n.facts.status),
    news.map((n) => n.version),
    news.map((n) => n.facts.createdAt),
  ]);
}
