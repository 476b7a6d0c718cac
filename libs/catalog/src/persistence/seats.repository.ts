import { SectionSeats, type StoredSection, addSectionSeats, deleteSectionSeats } from '#libs/inventory';
import { newIds } from '#libs/kernel';
import { type Tx, requireSlot } from '#libs/sharding';
import type { EventStatus, Section } from '../domain/event.js';
import { planSeats } from '../domain/seat-plan.js';

// In: arrays of equal length, one element a section, and the position of the first.
const INSERT_SECTIONS = `
  INSERT INTO sections (event_id, position, name, ticket_type_id, rows)
  SELECT $1, $2 + nr - 1, name, ticket_type_id, plan
  FROM unnest($3::text[], $4::uuid[], $5::jsonb[]) WITH ORDINALITY AS g (name, ticket_type_id, plan, nr)`;

// In: arrays of equal length, one element a row of seats; `before` counts the seats of the rows before it. Then as
// many ids as there are seats. Effect: a seat for each id, numbered from 1 in its row.
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
  await addSectionSeats(
    tx,
    eventId,
    sections.map(({ rows }, i) => ({
      position: firstPosition + i,
      seats: rows.reduce((sum, row) => sum + row.seats, 0),
    })),
  );
}

/** Takes all sections and seats away: only while nothing of them can have been sold. */
export async function deleteSections(tx: Tx, eventId: string): Promise<void> {
  await deleteSectionSeats(tx, eventId);
  await tx.query('DELETE FROM seats WHERE event_id = $1', [eventId]);
  await tx.query('DELETE FROM sections WHERE event_id = $1', [eventId]);
}

/** What is taken of an event's sections, with the versions of inventory and plan in the same snapshot, and who may see it. */
export interface SeatState {
  version: number;
  planVersion: number;
  organizationId: string;
  status: EventStatus;
  /** In the order in which they were drawn. */
  sections: SectionSeats[];
}

// In: an event; the name of a section or null for all. Out: the bitmaps of its sections; one row of nulls when there are
// none, and no row when there is no event.
const STATE = `
  SELECT i.version, i.plan_version AS "planVersion", e.organization_id AS "organizationId", e.status,
    s.section, s.version AS "sectionVersion", s.held, s.booked, s.blocked
  FROM inventory AS i JOIN events AS e ON e.id = i.event_id
    LEFT JOIN (section_seats AS s JOIN sections AS c ON c.event_id = s.event_id AND c.position = s.section)
      ON s.event_id = i.event_id AND ($2::text IS NULL OR c.name = $2)
  WHERE i.event_id = $1 ORDER BY s.section`;

type StateRow = Omit<SeatState, 'sections'> &
  Omit<StoredSection, 'section'> & { section: number | null; sectionVersion: number };

/** The seats of an event, or of one section, as bitmaps; null when there is no such event. */
export async function readSeatState(
  tx: Tx,
  eventId: string,
  section: string | null,
): Promise<SeatState | null> {
  const { rows } = await tx.query<StateRow>(STATE, [eventId, section]);
  if (!rows[0]) return null;
  const { version, planVersion, organizationId, status } = rows[0];
  const sections = rows.flatMap((row) => {
    const { section: position, sectionVersion, held, booked, blocked } = row;
    const stored = { version: sectionVersion, held, booked, blocked };
    return position === null ? [] : [new SectionSeats({ section: position, ...stored })];
  });
  return { version, planVersion, organizationId, status, sections };
}
