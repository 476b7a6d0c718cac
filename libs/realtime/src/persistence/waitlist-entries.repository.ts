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

const OWNED = 'SELECT ticket_type_id AS list FROM waitlist_entries WHERE id = $1 AND user_id = $2';

// In: an entry. Out: how it stands, and how many of its list stand before it.
const STATE = `
  SELECT id, event_id AS "eventId", ticket_type_id AS "ticketTypeId", quantity, priority, status, joined_at AS "joinedAt",
    CASE WHEN status = 'waiting' THEN (
      SELECT count(*)::integer FROM waitlist_entries AS b
      WHERE b.ticket_type_id = e.ticket_type_id AND b.status = 'waiting' AND b.rank <= e.rank) END AS position
  FROM waitlist_entries AS e WHERE id = $1`;

/** The ticket type that the entry waits for; null when it is not the user's. */
export async function findListOf(sql: Tx, entryId: string, userId: string): Promise<string | null> {
  return (await sql.query<{ list: string }>(OWNED, [entryId, userId])).rows[0]?.list ?? null;
}

export async function readEntry(sql: Tx, entryId: string): Promise<EntryState | null> {
  return (await sql.query<EntryState>(STATE, [entryId])).rows[0] ?? null;
}
