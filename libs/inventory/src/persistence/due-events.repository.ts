import type { Tx } from '#libs/sharding';

// Out: events with holds that have lapsed, with entries whose time to gather is over, or with places that a promotion pass was
// to go on with and did not (of a paused waitlist: once it is over); at most 64: as many commands of the lane as one round of the timer waits for.
const DUE = `
  SELECT DISTINCT event_id AS id FROM (
    (SELECT event_id FROM holds WHERE status = 'active' AND expires_at <= clock_timestamp() ORDER BY expires_at LIMIT 2000)
    UNION ALL
    (SELECT event_id FROM waitlist_entries WHERE gathering_until <= clock_timestamp() ORDER BY gathering_until LIMIT 64)
    UNION ALL
    (SELECT s.event_id FROM stock AS s JOIN inventory AS i USING (event_id) JOIN events AS e ON e.id = s.event_id
    WHERE s.reserved > 0 AND s.reserved > coalesce((
      SELECT sum(gathered) FROM waitlist_entries WHERE ticket_type_id = s.ticket_type_id AND gathering_until IS NOT NULL), 0)
      AND NOT (i.waitlist_paused AND clock_timestamp() < e.starts_at - coalesce(i.waitlist_cut_off_minutes, 0) * interval '1 min')
    LIMIT 64)
  ) AS due LIMIT 64`;

export async function findDueEvents(sql: Tx): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(DUE);
  return rows.map((row) => row.id);
}
