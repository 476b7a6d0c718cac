import type { Tx } from '#libs/sharding';
import type { Sales } from '../domain/sales-past.js';

/** What the estimates of a list go by. Days are real numbers, by the database's clock. */
export interface ListFacts {
  daysToStart: number;
  /** Until the waitlist is over: the end of sales, or its cut-off before the start. */
  daysLeft: number;
  /** Places that an entry of the first thousand asks for, in the mean. */
  party: number;
  offersMade: number;
  offersAccepted: number;
}

// In: an event, its ticket type. Out: as above; offers are those that are over.
const FACTS = `
  SELECT (extract(epoch FROM e.starts_at - now()) / 86400)::float8 AS "daysToStart",
    greatest(0, extract(epoch FROM least(coalesce(e.sales_end_at, e.starts_at),
      e.starts_at - make_interval(mins => n.waitlist_cut_off_minutes)) - now()) / 86400)::float8 AS "daysLeft",
    coalesce((SELECT avg(quantity) FROM (
      SELECT quantity FROM waitlist_entries WHERE ticket_type_id = $2 AND status = 'waiting' ORDER BY rank LIMIT 1000) AS w), 1)::float8 AS party,
    o.made::integer AS "offersMade", o.accepted::integer AS "offersAccepted"
  FROM events AS e JOIN inventory AS n ON n.event_id = e.id JOIN stock AS s ON s.event_id = e.id AND s.ticket_type_id = $2
  CROSS JOIN LATERAL (
    SELECT count(*) AS made, count(*) FILTER (WHERE w.status = 'accepted') AS accepted FROM waitlist_entries AS w
    WHERE w.event_id = e.id AND w.ticket_type_id = $2 AND w.status IN ('accepted', 'declined', 'expired')
  ) AS o
  WHERE e.id = $1`;
// In: an event, its ticket type. Out: its places, by the days before the start on which they were booked and canceled.
const SALES = `
  SELECT floor(extract(epoch FROM e.starts_at - b.created_at) / 86400)::integer AS "soldOn",
    floor(extract(epoch FROM e.starts_at - b.canceled_at) / 86400)::integer AS "freedOn",
    sum((i.item ->> 'quantity')::integer)::integer AS places
  FROM events AS e JOIN bookings AS b ON b.event_id = e.id
  CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
  WHERE e.id = $1 AND i.item ->> 'ticketTypeId' = $2::text
  GROUP BY 1, 2`;

/** Null when there is no such ticket type. */
export async function readFacts(sql: Tx, eventId: string, ticketTypeId: string): Promise<ListFacts | null> {
  return (await sql.query<ListFacts>(FACTS, [eventId, ticketTypeId])).rows[0] ?? null;
}

export async function readSales(sql: Tx, eventId: string, ticketTypeId: string): Promise<Sales[]> {
  return (await sql.query<Sales>(SALES, [eventId, ticketTypeId])).rows;
}
