import type { Tx } from '#libs/sharding';

// Out: events with holds that have lapsed, at most 64: as many commands of the lane as one round of the timer waits for.
const DUE = `
  SELECT DISTINCT event_id AS id FROM (
    SELECT event_id FROM holds WHERE status = 'active' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT 2000
  ) AS due LIMIT 64`;

export async function findEventsWithLapsedHolds(sql: Tx): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(DUE);
  return rows.map((row) => row.id);
}
