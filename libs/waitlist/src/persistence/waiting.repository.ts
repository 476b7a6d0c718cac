import type { Tx } from '#libs/sharding';

/** How an entry stands in the order of its list. */
export interface Standing {
  id: string;
  ticketTypeId: string;
  version: number;
  /** As the database generates it, a whole number below 2^47, in text; null when the entry does not wait. */
  rank: string | null;
}

// In: entries. Out: how they stand.
const STANDINGS = `
  SELECT id, ticket_type_id AS "ticketTypeId", version, CASE WHEN status = 'waiting' THEN rank END AS rank
  FROM waitlist_entries WHERE id = ANY($1::uuid[])`;
// In: a ticket type, a rank, a number. Out: so many of the waiting behind that rank.
const WAITING = `
  SELECT id, ticket_type_id AS "ticketTypeId", version, rank FROM waitlist_entries
  WHERE ticket_type_id = $1 AND status = 'waiting' AND rank > $2 ORDER BY rank LIMIT $3`;
export async function readStandings(sql: Tx, entryIds: readonly string[]): Promise<Standing[]> {
  return (await sql.query<Standing>(STANDINGS, [entryIds])).rows;
}

export async function readWaiting(
  sql: Tx,
  ticketTypeId: string,
  behind: string,
  limit: number,
): Promise<Standing[]> {
  return (await sql.query<Standing>(WAITING, [ticketTypeId, behind, limit])).rows;
}
