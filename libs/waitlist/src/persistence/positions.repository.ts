import type { Tx } from '#libs/sharding';

// In: entries that wait, with their ticket types and ranks, one element each. Out: how many of the list stand up to and with each
// of them. What lies between two of them is counted once, so many cost as much as the last one.
const POSITIONS = `
  WITH asked AS (
    SELECT id, type_id, rank, lag(rank, 1, -1::bigint) OVER (PARTITION BY type_id ORDER BY rank) AS before
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS e (id, type_id, rank)
  )
  SELECT a.id, 1 + sum(n.count) OVER (PARTITION BY a.type_id ORDER BY a.rank)::integer AS position
  FROM asked AS a CROSS JOIN LATERAL (
    SELECT count(*) FROM waitlist_entries AS w
    WHERE w.ticket_type_id = a.type_id AND w.status = 'waiting' AND w.rank >= a.before AND w.rank < a.rank
  ) AS n`;

/** Where entries stand in their lists, from 1, by how many wait before them. */
export async function countBefore(
  sql: Tx,
  entries: readonly { id: string; ticketTypeId: string; rank: number }[],
): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ id: string; position: number }>({
    name: 'waitlist_positions',
    text: POSITIONS,
    values: [entries.map((e) => e.id), entries.map((e) => e.ticketTypeId), entries.map((e) => e.rank)],
  });
  return new Map(rows.map((row) => [row.id, row.position]));
}
