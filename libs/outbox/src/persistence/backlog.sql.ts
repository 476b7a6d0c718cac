import type { Database } from '#libs/sharding';

/** What waits in one database's outbox. */
export interface Backlog {
  /** DomainEvents that not every consumer has confirmed, without the parked ones. */
  pending: number;
  /** DomainEvents that failed too often. */
  parked: number;
  /** Age of the oldest pending one; null when none is. */
  oldestSeconds: number | null;
}

// Out: one row. Reads only the partial indexes of undone and of parked rows, and the undone rows themselves.
const BACKLOG = `
  SELECT pending, parked, extract(epoch FROM clock_timestamp() - oldest)::double precision AS "oldestSeconds"
  FROM (SELECT count(*)::integer AS pending, min(created_at) AS oldest
        FROM outbox WHERE done_at IS NULL AND parked_at IS NULL) AS undone,
       (SELECT count(*)::integer AS parked FROM outbox WHERE parked_at IS NOT NULL AND done_at IS NULL) AS stuck`;

/** On the primary; throws the database's refusal while it is away. */
export function readBacklog(database: Database<unknown>): Promise<Backlog> {
  return database.onPrimary(async ({ sql }) => (await sql.query<Backlog>(BACKLOG)).rows[0]!);
}
