import {
  ENTRY_COLUMNS,
  type EntryRecord,
  type EntryRow,
  type ListState,
  endOfWaiting,
  entryOf,
} from '#libs/inventory';
import type { Tx } from '#libs/sharding';

/** Places that are held in an entry's name. */
export interface Offer {
  holdId: string;
  expiresAt: number;
  /** Minor units. */
  total: number;
  currency: string;
}

/** An entry as everybody may see it. */
export interface FoundEntry {
  entry: EntryRecord;
  offer: Offer | null;
  organizationId: string;
  /** What its waiting depends on. */
  list: ListState;
  /** The database's clock, milliseconds since 1970. */
  now: number;
}

interface FoundRow extends EntryRow {
  organization_id: string;
  offered_hold: string | null;
  expires_at: Date;
  total_amount: number;
  currency: string;
  lapsed: boolean;
  now: number;
  available: number;
  reserved: number;
  all_gathered: number;
  paused: boolean;
  cut_off: number | null;
  starts_at: Date;
  sales_end_at: Date | null;
  max_per_person: number | null;
  have: number | null;
}

// Out: entries, with their offers while those are open, and how their lists stand; "lapsed": its offer is over by the database's
// clock; "have": places of the person, where one person may not have more than so many.
const FOUND = `
  SELECT ${ENTRY_COLUMNS}, e.organization_id, h.id AS offered_hold, h.expires_at, h.total_amount, h.currency,
    h.expires_at <= c.now AS lapsed, floor(extract(epoch FROM c.now) * 1000)::bigint AS now, s.available, s.reserved, (
      SELECT coalesce(sum(g.gathered), 0)::integer FROM waitlist_entries AS g
      WHERE g.ticket_type_id = w.ticket_type_id AND g.gathering_until IS NOT NULL
    ) AS all_gathered, i.waitlist_paused AS paused, i.waitlist_cut_off_minutes AS cut_off, e.starts_at, e.sales_end_at,
    t.max_per_person, CASE WHEN t.max_per_person IS NOT NULL AND w.status = 'waiting'
      THEN places_of_person(w.event_id, w.user_id, w.ticket_type_id, c.now) END AS have
  FROM waitlist_entries AS w JOIN events AS e ON e.id = w.event_id JOIN inventory AS i ON i.event_id = w.event_id
    JOIN ticket_types AS t ON t.id = w.ticket_type_id JOIN stock AS s ON s.ticket_type_id = w.ticket_type_id
    CROSS JOIN (SELECT clock_timestamp() AS now) AS c
    LEFT JOIN holds AS h ON h.id = w.hold_id AND w.status = 'offered'`;

const BY_IDS = `${FOUND} WHERE w.id = ANY($1::uuid[])`;

// In: an event, a status, a ticket type or null, the rank of the last entry seen or null, a number. Out: in the order of serving.
const OF_EVENT = `${FOUND}
  WHERE w.event_id = $1 AND w.status = $2 AND ($3::uuid IS NULL OR w.ticket_type_id = $3) AND ($4::bigint IS NULL OR w.rank > $4)
  ORDER BY w.rank LIMIT $5`;

export async function findEntries(sql: Tx, ids: readonly string[]): Promise<FoundEntry[]> {
  const { rows } = await sql.query<FoundRow>({ name: 'entries_by_ids', text: BY_IDS, values: [ids] });
  return rows.map(foundOf);
}

export async function findEntriesOfEvent(
  sql: Tx,
  eventId: string,
  { status, ticketTypeId }: { status: EntryRecord['status']; ticketTypeId: string | null },
  afterRank: number | null,
  limit: number,
): Promise<FoundEntry[]> {
  const { rows } = await sql.query<FoundRow>(OF_EVENT, [eventId, status, ticketTypeId, afterRank, limit]);
  return rows.map(foundOf);
}

/** One whose offer has lapsed is `expired`, though the lane may not yet have released its places. */
function foundOf(row: FoundRow): FoundEntry {
  const entry = entryOf(row);
  const found = { entry, offer: null, organizationId: row.organization_id, list: listOf(row), now: row.now };
  if (row.offered_hold === null) return found;
  const expiresAt = row.expires_at.getTime();
  if (row.lapsed) return { ...found, entry: { ...entry, status: 'expired', endedAt: expiresAt } };
  const { offered_hold: holdId, total_amount: total, currency } = row;
  return { ...found, offer: { holdId, expiresAt, total, currency } };
}

function listOf(row: FoundRow): ListState {
  const terms = { startsAt: row.starts_at.getTime(), salesEndAt: row.sales_end_at?.getTime() ?? null };
  return {
    available: row.available,
    reserved: row.reserved,
    gathered: row.all_gathered,
    paused: row.paused,
    ends: endOfWaiting(terms, { cutOffMinutes: row.cut_off }),
    limit: row.max_per_person,
    have: row.have ?? 0,
  };
}
