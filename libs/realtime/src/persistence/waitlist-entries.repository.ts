import type { Tx } from '#libs/sharding';

/** An entry as its owner follows it. */
export interface EntryState {
  id: string;
  eventId: string;
  ticketTypeId: string;
  quantity: number;
  priority: number;
  status: 'waiting' | 'offered' | 'accepted' | 'declined' | 'expired' | 'left';
  /** From 1 among the waiting; null otherwise. */
  position: number | null;
  joinedAt: Date;
}

const OWNED = 'SELECT 1 FROM waitlist_entries WHERE id = $1 AND user_id = $2';

// In: an entry. Out: how it stands, and how many of its list stand before it.
const STATE = `
  SELECT id, event_id AS "eventId", ticket_type_id AS "ticketTypeId", quantity, priority, status, joined_at AS "joinedAt",
    CASE WHEN status = 'waiting' THEN (
      SELECT count(*)::integer FROM waitlist_entries AS b
      WHERE b.ticket_type_id = e.ticket_type_id AND b.status = 'waiting' AND b.rank <= e.rank) END AS position
  FROM waitlist_entries AS e WHERE id = $1`;

export async function isEntryOf(sql: Tx, entryId: string, userId: string): Promise<boolean> {
  return (await sql.query(OWNED, [entryId, userId])).rows.length > 0;
}

export async function readEntry(sql: Tx, entryId: string): Promise<EntryState | null> {
  return (await sql.query<EntryState>(STATE, [entryId])).rows[0] ?? null;
}
