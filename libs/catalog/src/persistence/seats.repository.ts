import { newIds } from '#libs/kernel';
import { type Tx, requireSlot } from '#libs/sharding';
import type { EventStatus, Section } from '../domain/event.js';
import { planSeats } from '../domain/seat-plan.js';

export type SeatStatus = 'free' | 'held' | 'booked' | 'blocked';

export interface Seat {
  id: string;
  section: string;
  row: string;
  number: string;
  ticketTypeId: string;
  status: SeatStatus;
}

// In: arrays of equal length, one element a section, and the position of the first.
const INSERT_SECTIONS = `
  INSERT INTO sections (event_id, position, name, ticket_type_id, rows)
  SELECT $1, $2 + nr - 1, name, ticket_type_id, plan
  FROM unnest($3::text[], $4::uuid[], $5::jsonb[]) WITH ORDINALITY AS g (name, ticket_type_id, plan, nr)`;

// In: arrays of equal length, one element a row of seats; `before` counts the seats of the rows before it. Then as
// many ids as there are seats. Effect: a free seat for each id, numbered from 1 in its row.
const INSERT_SEATS = `
  INSERT INTO seats (id, event_id, section, row_position, seat_position, row_name, number, ticket_type_id)
  SELECT i.id, $1, r.section, r.row_position, p, r.row_name, (p + 1)::text, r.ticket_type_id
  FROM unnest($2::integer[], $3::integer[], $4::text[], $5::integer[], $6::integer[], $7::uuid[])
      AS r (section, row_position, row_name, seats, before, ticket_type_id)
    CROSS JOIN LATERAL generate_series(0, r.seats - 1) AS p
    JOIN unnest($8::uuid[]) WITH ORDINALITY AS i (id, nr) ON i.nr = r.before + p + 1`;

/** Adds sections after those that there are, with all their seats. 100,000 seats take about 0.8 s. */
export async function insertSections(
  tx: Tx,
  eventId: string,
  firstPosition: number,
  sections: readonly Section[],
): Promise<void> {
  if (!sections.length) return;
  await tx.query(INSERT_SECTIONS, [
    eventId,
    firstPosition,
    sections.map((s) => s.name),
    sections.map((s) => s.ticketTypeId),
    sections.map((s) => JSON.stringify(s.rows)),
  ]);
  const plan = planSeats(sections, firstPosition);
  const { rowCount } = await tx.query(INSERT_SEATS, [
    eventId,
    plan.section,
    plan.rowPosition,
    plan.rowName,
    plan.seats,
    plan.before,
    plan.ticketTypeId,
    newIds(requireSlot(eventId), plan.total),
  ]);
  if (rowCount !== plan.total) throw new Error(`${rowCount} of ${plan.total} seats were written`);
}

/** Takes all sections and seats away: only while nothing of them can have been sold. */
export async function deleteSections(tx: Tx, eventId: string): Promise<void> {
  await tx.query('DELETE FROM seats WHERE event_id = $1', [eventId]);
  await tx.query('DELETE FROM sections WHERE event_id = $1', [eventId]);
}

const COLUMNS = `s.id, c.name AS section, s.row_name AS row, s.number, s.ticket_type_id AS "ticketTypeId", s.status`;
const SEATS = 'seats AS s JOIN sections AS c ON c.event_id = s.event_id AND c.position = s.section';
const PHYSICALLY = 's.section, s.row_position, s.seat_position';

/** Seats with the version of the inventory in the same snapshot, and who may see them. */
export interface SeatList {
  version: number;
  organizationId: string;
  status: EventStatus;
  seats: Seat[];
}

// In: an event; the name of a section or null for all. Out: its seats in their physical order; one row of nulls when
// there are none, and no row when there is no event.
const LIST = `
  SELECT i.version, e.organization_id AS "organizationId", e.status AS "eventStatus", ${COLUMNS}
  FROM inventory AS i JOIN events AS e ON e.id = i.event_id
    LEFT JOIN (${SEATS}) ON s.event_id = i.event_id AND ($2::text IS NULL OR c.name = $2)
  WHERE i.event_id = $1 ORDER BY ${PHYSICALLY}`;

type ListRow = Seat & {
  id: string | null;
  version: number;
  organizationId: string;
  eventStatus: EventStatus;
};

/** All seats of an event, or of one section; null when there is no such event. */
export async function listSeats(tx: Tx, eventId: string, section: string | null): Promise<SeatList | null> {
  const { rows } = await tx.query<ListRow>(LIST, [eventId, section]);
  if (!rows[0]) return null;
  const { version, organizationId, eventStatus: status } = rows[0];
  return { version, organizationId, status, seats: rows[0].id === null ? [] : rows };
}

// In: an event and ids. Out: those of them that are its seats.
const FIND = `
  SELECT ${COLUMNS} FROM ${SEATS} WHERE s.event_id = $1 AND s.id = ANY($2::uuid[]) ORDER BY ${PHYSICALLY}`;

export async function findSeats(tx: Tx, eventId: string, ids: readonly string[]): Promise<Seat[]> {
  return (await tx.query<Seat>(FIND, [eventId, ids])).rows;
}

// In: an event, ids, a status from and a status to. Guard: the status from. Out: how many a ticket type.
const TURN = `
  WITH turned AS (
    UPDATE seats SET status = $4 WHERE event_id = $1 AND id = ANY($2::uuid[]) AND status = $3
    RETURNING ticket_type_id)
  SELECT ticket_type_id AS "ticketTypeId", count(*)::integer AS seats FROM turned GROUP BY ticket_type_id`;

/** Blocks free seats or frees blocked ones; leaves seats of another status as they are. */
export async function turnSeats(
  tx: Tx,
  eventId: string,
  ids: readonly string[],
  from: 'free' | 'blocked',
  to: 'free' | 'blocked',
): Promise<{ ticketTypeId: string; seats: number }[]> {
  return (await tx.query<{ ticketTypeId: string; seats: number }>(TURN, [eventId, ids, from, to])).rows;
}
