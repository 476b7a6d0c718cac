import type { WaitlistSettings } from '#libs/inventory';
import type { Tx } from '#libs/sharding';

/** What is settled about an event's waitlist. */
export interface SettledList extends WaitlistSettings {
  eventId: string;
  version: number;
  organizationId: string;
  startsAt: Date;
  salesEndAt: Date | null;
}

const SETTINGS = `
  SELECT i.event_id AS "eventId", i.waitlist_version AS version, i.waitlist_paused AS paused, i.waitlist_closed AS closed,
    i.waitlist_cut_off_minutes AS "cutOffMinutes", e.organization_id AS "organizationId", e.starts_at AS "startsAt",
    e.sales_end_at AS "salesEndAt"
  FROM inventory AS i JOIN events AS e ON e.id = i.event_id WHERE i.event_id = $1`;

/** How many entries of a list there were, and what became of them. */
export interface ListCounts {
  ticketTypeId: string;
  joined: number;
  waiting: number;
  /** Were ever given an offer. */
  offered: number;
  /** Have one that is open. */
  open: number;
  accepted: number;
  declined: number;
  expired: number;
  /** Left, before or after an offer. */
  left: number;
  /** Seconds from joining to the offer; null where there was none. */
  medianSecondsToOffer: number | null;
}

// In: an event. Out: of each ticket type that somebody ever waited for what became of the entries, and in the end (no ticket
// type) of all. An offer that has lapsed is expired, whether the lane has released its places or not.
const COUNTS = `
  SELECT w.ticket_type_id AS "ticketTypeId", count(*)::integer AS joined,
    count(*) FILTER (WHERE w.status = 'waiting')::integer AS waiting, count(w.offered_at)::integer AS offered,
    count(*) FILTER (WHERE w.status = 'offered' AND h.expires_at > clock_timestamp())::integer AS open,
    count(*) FILTER (WHERE w.status = 'accepted')::integer AS accepted,
    count(*) FILTER (WHERE w.status = 'declined')::integer AS declined,
    count(*) FILTER (WHERE w.status = 'expired' OR (w.status = 'offered' AND h.expires_at <= clock_timestamp()))::integer AS expired,
    count(*) FILTER (WHERE w.status = 'left')::integer AS left,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM w.offered_at - w.joined_at)::float8)
      FILTER (WHERE w.offered_at IS NOT NULL) AS "medianSecondsToOffer"
  FROM waitlist_entries AS w LEFT JOIN holds AS h ON h.id = w.hold_id AND w.status = 'offered'
  WHERE w.event_id = $1 GROUP BY GROUPING SETS ((w.ticket_type_id), ()) ORDER BY w.ticket_type_id NULLS LAST`;

/** Null when there is no such event. */
export async function findSettings(sql: Tx, eventId: string): Promise<SettledList | null> {
  return (await sql.query<SettledList>(SETTINGS, [eventId])).rows[0] ?? null;
}

/** By ticket type, and those of all types together. */
export async function countEntries(
  sql: Tx,
  eventId: string,
): Promise<{ lists: ListCounts[]; all: Omit<ListCounts, 'ticketTypeId'> }> {
  const { rows } = await sql.query<ListCounts & { ticketTypeId: string | null }>(COUNTS, [eventId]);
  const lists = rows.filter((row): row is ListCounts => row.ticketTypeId !== null);
  return { lists, all: rows.find((row) => row.ticketTypeId === null)! };
}
