import type { Tx } from '#libs/sharding';

/** Whose waitlist entry it is, and of which event. */
export interface OwnedEntry {
  id: string;
  eventId: string;
  userId: string;
}

const BY_ID = 'SELECT id, event_id AS "eventId", user_id AS "userId" FROM waitlist_entries WHERE id = $1';

export async function findEntry(sql: Tx, id: string): Promise<OwnedEntry | null> {
  return (await sql.query<OwnedEntry>(BY_ID, [id])).rows[0] ?? null;
}
