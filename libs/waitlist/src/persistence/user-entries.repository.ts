import type { WaitlistFacts } from '#libs/contracts';
import type { Tx } from '#libs/sharding';

/** A line of a user's list, as the master knows it. */
export interface UserEntry {
  id: string;
  joinedAt: Date;
}

// In: user, event or null, id and time of the last one seen or nulls, a number. Out: newest first.
const OF_USER = `
  SELECT entry_id AS id, joined_at AS "joinedAt" FROM user_waitlist_entries
  WHERE user_id = $1 AND ($2::uuid IS NULL OR event_id = $2) AND ($3::uuid IS NULL OR (joined_at, entry_id) < ($4::timestamptz, $3))
  ORDER BY joined_at DESC, entry_id DESC LIMIT $5`;

// In: entries, one element a column and row. Effect: what is older than stored changes nothing.
const UPSERT_IF_NEWER = `
  INSERT INTO user_waitlist_entries (entry_id, user_id, event_id, status, version, joined_at, ended_at)
  SELECT n.*, CASE WHEN n.status NOT IN ('waiting', 'offered') THEN clock_timestamp() END
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::timestamptz[])
    AS n (entry_id, user_id, event_id, status, version, joined_at)
  ON CONFLICT (entry_id) DO UPDATE SET status = excluded.status, version = excluded.version, ended_at = excluded.ended_at
  WHERE user_waitlist_entries.version < excluded.version`;

export async function findUserEntries(
  sql: Tx,
  { userId, eventId }: { userId: string; eventId: string | null },
  after: readonly string[] | null,
  limit: number,
): Promise<UserEntry[]> {
  const values = [userId, eventId, after?.[0] ?? null, after?.[1] ?? null, limit];
  return (await sql.query<UserEntry>(OF_USER, values)).rows;
}

export async function upsertUserEntries(
  tx: Tx,
  news: readonly { version: number; facts: WaitlistFacts }[],
): Promise<void> {
  await tx.query(UPSERT_IF_NEWER, [
    news.map((n) => n.facts.entryId),
    news.map((n) => n.facts.userId),
    news.map((n) => n.facts.eventId),
    news.map((n) => n.facts.status),
    news.map((n) => n.version),
    news.map((n) => n.facts.joinedAt),
  ]);
}
