import type { Shards } from '#libs/sharding';

// In: an event. Out: seats in live holds and bookings, how many different ones, claims that differ from them, bits that differ
// from them, and ticket types whose counters differ from their bits.
const COMPARE = `
  WITH named AS (
    SELECT b.id AS owner_id, s.id::uuid AS seat_id, 'booked' AS status
    FROM bookings AS b CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
      CROSS JOIN LATERAL jsonb_array_elements_text(i.item -> 'seatIds') AS s (id)
    WHERE b.event_id = $1 AND b.status = 'confirmed'
    UNION ALL
    SELECT h.id, s.id::uuid, 'held'
    FROM holds AS h CROSS JOIN LATERAL jsonb_array_elements(h.items) AS i (item)
      CROSS JOIN LATERAL jsonb_array_elements_text(i.item -> 'seatIds') AS s (id)
    WHERE h.event_id = $1 AND h.status = 'active'
  ), placed AS (
    SELECT id, ticket_type_id, section,
      (row_number() OVER (PARTITION BY section ORDER BY row_position, seat_position) - 1)::integer AS n
    FROM seats WHERE event_id = $1
  ), bits AS (
    SELECT p.id, p.ticket_type_id, get_bit(s.held, p.n) AS held, get_bit(s.booked, p.n) AS booked,
      get_bit(s.blocked, p.n) AS blocked
    FROM placed AS p JOIN section_seats AS s ON s.event_id = $1 AND s.section = p.section
  )
  SELECT (SELECT count(*) FROM named)::integer AS named, (SELECT count(DISTINCT seat_id) FROM named)::integer AS different,
    (SELECT count(*) FROM seats WHERE event_id = $1)::integer - (SELECT count(*) FROM bits)::integer AS lost,
    (SELECT count(*) FROM named AS n FULL JOIN (SELECT * FROM seat_claims WHERE event_id = $1) AS c USING (owner_id, seat_id)
      WHERE n.status IS NULL OR c.event_id IS NULL)::integer AS claims,
    (SELECT count(*) FROM bits AS b FULL JOIN named AS n ON n.seat_id = b.id
      WHERE b.id IS NULL OR b.held + b.booked + b.blocked > 1 OR b.held <> (coalesce(n.status, '') = 'held')::integer
        OR b.booked <> (coalesce(n.status, '') = 'booked')::integer)::integer AS bits,
    (SELECT count(*) FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id AND t.kind = 'seated'
      JOIN LATERAL (SELECT sum(b.held) AS held, sum(b.booked) AS booked, count(*) - sum(b.blocked) AS capacity
        FROM bits AS b WHERE b.ticket_type_id = t.id) AS b ON true
      WHERE s.event_id = $1 AND (s.held - s.reserved <> b.held OR s.booked <> b.booked OR s.capacity <> b.capacity))::integer AS counters`;

/**
 * Throws unless live holds and bookings, claims, bitmaps and counters say the same of every seat, and nobody shares
 * one. Returns how many seats are taken by somebody.
 */
export async function compareSeats(shards: Shards, eventId: string): Promise<number> {
  const { rows } = await shards.ofId(eventId).primary.sql.query<Record<string, number>>(COMPARE, [eventId]);
  const { named, different, ...differences } = rows[0]!;
  if (named !== different || Object.values(differences).some((count) => count !== 0))
    throw new Error(`the seats are wrong: ${JSON.stringify(rows[0])}`);
  return named!;
}
