import type { Tx } from '#libs/sharding';

/** DomainEvents of one database that have not reached every consumer. */
export interface Backlog {
  /** Counted up to 10,000. */
  waiting: number;
  /** Seconds that the oldest of them has been due; 0 when none is. */
  oldestSeconds: number;
}

// Out: one row. Effect: none. Both read the index of due rows, and no more of it than 10,000 entries.
const READ_BACKLOG = `
  SELECT
    (SELECT count(*)
     FROM (SELECT FROM outbox WHERE done_at IS NULL AND parked_at IS NULL LIMIT 10000) AS due)::integer AS waiting,
    (SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(due_at)))
     FROM outbox WHERE done_at IS NULL AND parked_at IS NULL)::double precision AS oldest`;

export async function readBacklog(sql: Tx): Promise<Backlog> {
  const { rows } = await sql.query<{ waiting: number; oldest: number | null }>(READ_BACKLOG);
  const { waiting, oldest } = rows[0]!;
  return { waiting, oldestSeconds: Math.round(oldest ?? 0) };
}
