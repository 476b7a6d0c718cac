import type { Tx } from '#libs/sharding';
import type { EntryRecord } from '../domain/waitlist/entry-record.js';
import { ENTRY_COLUMNS, type EntryRow, entryOf } from './entry.row.js';

/** An entry that has come to the front of its list. */
export interface Reached {
  entry: EntryRecord;
  /** From 1. */
  position: number;
  milestone: 'top_10' | 'next';
}

// In: a ticket type. Out: who has come to its first ten, or is next, and was not told so before; nobody once the waitlist is over, or
// the event canceled. Effect: it is told now. In the order of ids, so that two who do this at once never wait for each other.
const REACH = {
  name: 'waitlist_reach_milestones',
  text: `
    WITH front AS (
      SELECT w.*, row_number() OVER (ORDER BY w.rank)::integer AS position FROM (
        SELECT * FROM waitlist_entries WHERE ticket_type_id = $1 AND status = 'waiting' ORDER BY rank LIMIT 10) AS w
    ), reached AS (
      INSERT INTO waitlist_milestones (entry_id, milestone)
      SELECT f.id, CASE f.position WHEN 1 THEN 'next' ELSE 'top_10' END FROM front AS f
      JOIN events AS e ON e.id = f.event_id JOIN inventory AS n ON n.event_id = e.id
      WHERE e.status = 'published'
        AND clock_timestamp() < least(e.sales_end_at, e.starts_at - make_interval(mins => coalesce(n.waitlist_cut_off_minutes, 0)))
        AND NOT EXISTS (
          SELECT FROM waitlist_milestones AS m WHERE m.entry_id = f.id AND (m.milestone = 'next' OR f.position > 1))
      ORDER BY f.id
      ON CONFLICT DO NOTHING
      RETURNING entry_id, milestone
    )
    SELECT ${ENTRY_COLUMNS}, w.position, r.milestone FROM reached AS r JOIN front AS w ON w.id = r.entry_id`,
};

export async function reachMilestones(tx: Tx, ticketTypeId: string): Promise<Reached[]> {
  const { rows } = await tx.query<EntryRow & Omit<Reached, 'entry'>>({ ...REACH, values: [ticketTypeId] });
  return rows.map((row) => ({ entry: entryOf(row), position: row.position, milestone: row.milestone }));
}
