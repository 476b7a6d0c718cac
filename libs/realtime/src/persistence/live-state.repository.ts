import type { Tx } from '#libs/sharding';
import type { EventCounters, SeatState } from '../domain/live-state.js';

/** The most seats whose state goes into one frame: some 300 kB. */
export const MAX_SEATS = 5000;

// In: events. Out: of each the counters and prices of its ticket types, of one snapshot.
const COUNTERS = `
  SELECT e.id AS "eventId", e.currency, clock_timestamp() AS "asOf", i.version,
    (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'capacity', s.capacity, 'available', s.available,
        'held', s.held, 'booked', s.booked, 'priceAmount', t.price_amount, 'priceVersion', t.price_version,
        'waiting', s.waiting)
        ORDER BY t.position)
      FROM ticket_types AS t JOIN stock AS s ON s.ticket_type_id = t.id WHERE t.event_id = e.id) AS "ticketTypes"
  FROM events AS e JOIN inventory AS i ON i.event_id = e.id WHERE e.id = ANY ($1::uuid[])`;

// Where each row of seats begins in the bitmaps of its section. In: $1, events.
const STARTS = `
  WITH starts AS (
    SELECT c.event_id, c.position AS section, r.nr - 1 AS row_position,
      sum((r.plan ->> 'seats')::integer) OVER (PARTITION BY c.event_id, c.position ORDER BY r.nr)
        - (r.plan ->> 'seats')::integer AS first
    FROM sections AS c CROSS JOIN LATERAL jsonb_array_elements(c.rows) WITH ORDINALITY AS r (plan, nr)
    WHERE c.event_id = ANY ($1::uuid[]))`;

const SEATS_FROM = `
  FROM seats AS s
    JOIN starts AS f ON f.event_id = s.event_id AND f.section = s.section AND f.row_position = s.row_position
    JOIN section_seats AS b ON b.event_id = s.event_id AND b.section = s.section
    CROSS JOIN LATERAL (SELECT (f.first + s.seat_position)::integer AS at) AS place
    CROSS JOIN LATERAL (SELECT CASE WHEN get_bit(b.booked, at) = 1 THEN 'booked' WHEN get_bit(b.held, at) = 1 THEN 'held'
      WHEN get_bit(b.blocked, at) = 1 THEN 'blocked' ELSE 'free' END AS status) AS state`;

// In: events, seats of theirs. Out: the seats as they are.
const SEATS = `${STARTS} SELECT s.id, s.event_id AS "eventId", state.status ${SEATS_FROM} WHERE s.id = ANY ($2::uuid[])`;

// In: events (one), the most seats that are read at all. Out: those that are not free; a single row of nulls when the event
// has more seats than that.
const TAKEN = `${STARTS},
  size AS (SELECT count(*) > $2 AS too_large FROM seats WHERE event_id = ANY ($1::uuid[]))
  SELECT NULL::uuid AS id, NULL::uuid AS "eventId", NULL AS status FROM size WHERE too_large
  UNION ALL
  SELECT s.id, s.event_id, state.status ${SEATS_FROM}
  WHERE s.event_id = ANY ($1::uuid[]) AND state.status <> 'free' AND NOT (SELECT too_large FROM size)`;

const EVENT = `
  SELECT id, version, status, title, starts_at AS "startsAt", sales_start_at AS "salesStartAt", sales_end_at AS "salesEndAt"
  FROM events WHERE id = $1 AND status <> 'draft'`;

/** What a snapshot says of the event itself. */
export interface EventHead {
  id: string;
  version: number;
  status: 'published' | 'canceled';
  title: string;
  startsAt: Date;
  salesStartAt: Date | null;
  salesEndAt: Date | null;
}

export async function readCounters(sql: Tx, eventIds: readonly string[]): Promise<EventCounters[]> {
  const { rows } = await sql.query<EventCounters>(COUNTERS, [eventIds]);
  return rows.map((row) => ({ ...row, ticketTypes: row.ticketTypes ?? [] }));
}

export async function readSeats(
  sql: Tx,
  eventIds: readonly string[],
  seatIds: readonly string[],
): Promise<SeatState[]> {
  if (!seatIds.length) return [];
  return (await sql.query<SeatState>(SEATS, [eventIds, seatIds])).rows;
}

/** The seats of an event that are not free; null when it has more than 5,000 seats. */
export async function readTakenSeats(sql: Tx, eventId: string): Promise<SeatState[] | null> {
  const { rows } = await sql.query<SeatState>(TAKEN, [[eventId], MAX_SEATS]);
  return rows[0] && rows[0].id === null ? null : rows;
}

/** The event, unless it is a draft or none at all. */
export async function findEvent(sql: Tx, eventId: string): Promise<EventHead | null> {
  return (await sql.query<EventHead>(EVENT, [eventId])).rows[0] ?? null;
}
