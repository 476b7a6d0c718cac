import { ENTRY_COLUMNS, type EntryRecord, type EntryRow, entryOf } from '#libs/inventory';
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
}

interface FoundRow extends EntryRow {
  organization_id: string;
  offered_hold: string | null;
  expires_at: Date;
  total_amount: number;
  currency: string;
  lapsed: boolean;
}

// Out: entries, with their offers while those are open; "lapsed": its offer is over by the database's clock.
const FOUND = `
  SELECT ${ENTRY_COLUMNS}, e.organization_id, h.id AS offered_hold, h.expires_at, h.total_amount, h.currency,
    h.expires_at <= clock_timestamp() AS lapsed
  FROM waitlist_entries AS w JOIN events AS e ON e.id = w.event_id
    LEFT JOIN holds AS h ON h.id = w.hold_id AND w.status = 'offered'`;

const BY_IDS = `${FOUND} WHERE w.id = ANY($1::uuid[])`;

// In: an event, a status, a ticket type or null, the rank of the last entry seen or null, a number. Out: in the order of serving.
const OF_EVENT = `${FOUND}
  WHERE w.event_id = $1 AND w.status = $2 AND ($3::uuid IS NULL OR w.ticket_type_id = $3) AND ($4::bigint IS NULL OR w.rank > $4)
  ORDER BY w.rank LIMIT $5`;

const ORGANIZATION = 'SELECT organization_id AS id FROM events WHERE id = $1';

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

/** The organization of an event; null when there is no such event. */
export async function findOrganization(sql: Tx, eventId: string): Promise<string | null> {
  const { rows } = await sql.query<{ id: string }>(ORGANIZATION, [eventId]);
  return rows[0]?.id ?? null;
}

/** One whose offer has lapsed is `expired`, though the lane may not yet have released its places. */
function foundOf(row: FoundRow): FoundEntry {
  const entry = entryOf(row);
  const found = { entry, offer: null, organizationId: row.organization_id };
  if (row.offered_hold === null) return found;
  const expiresAt = row.expires_at.getTime();
  if (row.lapsed) return { ...found, entry: { ...entry, status: 'expired', endedAt: expiresAt } };
  const { offered_hold: holdId, total_amount: total, currency } = row;
  return { ...found, offer: { holdId, expiresAt, total, currency } };
}
