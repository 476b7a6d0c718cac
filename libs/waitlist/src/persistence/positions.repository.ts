import type { Tx } from '#libs/sharding';

// In: entries that wait, with their ticket types and ranks, one element each; how many to count at the most. Out: how many of the list
// stand up to and with each of them; null where they are more. What lies between two of them is counted once, and to that number, so
// many cost as much as the last one.
const POSITIONS = `
  WITH asked AS (
    SELECT id, type_id, rank, lag(rank, 1, -1::bigint) OVER (PARTITION BY type_id ORDER BY rank) AS before
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS e (id, type_id, rank)
  )
  SELECT a.id, CASE WHEN NOT bool_or(n.count >= $4) OVER w THEN 1 + sum(n.count) OVER w END::integer AS position
  FROM asked AS a CROSS JOIN LATERAL (
    SELECT count(*) FROM (
      SELECT FROM waitlist_entries AS e
      WHERE e.ticket_type_id = a.type_id AND e.status = 'waiting' AND e.rank >= a.before AND e.rank < a.rank LIMIT $4
    ) AS counted
  ) AS n
  WINDOW w AS (PARTITION BY a.type_id ORDER BY a.rank)`;

/** Where entries stand in their lists, from 1, by how many wait before them; null where `most` or more lie between two of them. */
export async function countBefore(
  sql: Tx,
  entries: readonly { id: string; ticketTypeId: string; rank: number }[],
  most: number,
): Promise<Map<string, number | null>> {
  const { rows } = await sql.query<{ id: string; position: number | null }>({
    name: 'waitlist_positions',
    text: POSITIONS,
    values: [entries.map((e) => e.id), entries.map((e) => e.ticketTypeId), entries.map((e) => e.rank), most],
  });
  return new Map(rows.map((row) => [row.id, row.position]));
}
