import { formatId, newId } from '#libs/kernel';
import { append } from '#libs/outbox';
import { type Tx, requireSlot } from '#libs/sharding';
import { currentTraceparent } from '#libs/tracing';
import type { SeatPlace, SeatPlan } from '../domain/seats/seat-plan.js';
import { SectionSeats, type StoredSection } from '../domain/seats/section-seats.js';
import { inventoryRefusals } from '../inventory.errors.js';
import { StalePlan } from '../seat-plans.service.js';
import { type CapacityDelta, announceAvailability, changeCapacities } from './stock.repository.js';

// In: sections and how many seats each has, one element a section. Effect: all of them free.
const INSERT = `
  INSERT INTO section_seats (event_id, section, held, booked, blocked)
  SELECT $1, section, none, none, none
  FROM unnest($2::integer[], $3::integer[]) AS s (section, seats)
    CROSS JOIN LATERAL decode(repeat('00', (seats + 7) / 8), 'hex') AS none`;

const DELETE = 'DELETE FROM section_seats WHERE event_id = $1';

const RAISE_PLAN = 'UPDATE inventory SET plan_version = plan_version + 1 WHERE event_id = $1';

/** Lets the seats of new sections be sold; the plan has another version from then on. */
export async function addSectionSeats(
  tx: Tx,
  eventId: string,
  sections: readonly { position: number; seats: number }[],
): Promise<void> {
  const positions = sections.map((section) => section.position);
  await tx.query(INSERT, [eventId, positions, sections.map((section) => section.seats)]);
  await tx.query(RAISE_PLAN, [eventId]);
}

/** Takes all sections out of sale: only while nothing of them can have been sold. */
export async function deleteSectionSeats(tx: Tx, eventId: string): Promise<void> {
  await tx.query(DELETE, [eventId]);
  await tx.query(RAISE_PLAN, [eventId]);
}

const PLAN_VERSION = 'SELECT plan_version::integer AS version FROM inventory WHERE event_id = $1';
// In: an event, sections. Out: their bitmaps.
const READ = `
  SELECT section, version::integer, held, booked, blocked FROM section_seats
  WHERE event_id = $1 AND section = ANY($2::integer[])`;

// In: sections, the versions that were read and bitmaps. Guard: the version. Effect: the next version.
const BLOCK = `
  UPDATE section_seats AS s SET version = s.version + 1, blocked = d.blocked
  FROM unnest($2::integer[], $3::bigint[], $4::bytea[]) AS d (section, version, blocked)
  WHERE s.event_id = $1 AND s.section = d.section AND s.version = d.version`;

/** Throws `StalePlan` unless the plan is the event's, whose inventory is locked: before anything is read from the plan. */
export async function requireCurrentPlan(tx: Tx, plan: SeatPlan): Promise<void> {
  const { rows } = await tx.query<{ version: number }>(PLAN_VERSION, [plan.eventId]);
  if (rows[0]?.version !== plan.version) throw new StalePlan();
}

/** Seats to take off sale and to bring back. */
export interface SeatsChange {
  block: readonly SeatPlace[];
  unblock: readonly SeatPlace[];
}

/**
 * Blocks free seats and frees blocked ones inside `InventoryService.step`, all of them or none, and announces it; the
 * capacities follow, and what is so already stays so. The plan is the event's (`requireCurrentPlan`). Returns the sections as
 * they then are. Throws `seat_taken` (with `seatIds`) for seats to block that are held or booked.
 */
export async function blockSeats(
  tx: Tx,
  plan: SeatPlan,
  { block, unblock }: SeatsChange,
): Promise<ReadonlyMap<number, SectionSeats>> {
  const seats = await readSections(tx, plan, [...block, ...unblock]);
  const statusOf = ({ section, at }: SeatPlace) => seats.get(section)!.statusOf(at);
  const taken = block.filter((place) => ['held', 'booked'].includes(statusOf(place)));
  if (taken.length) throw seatsTaken(taken.map((place) => plan.idOf(place)));

  const toBlock = block.filter((place) => statusOf(place) === 'free');
  const toFree = unblock.filter((place) => statusOf(place) === 'blocked');
  if (!toBlock.length && !toFree.length) return seats;
  for (const { section, at } of toBlock) seats.get(section)!.move(at, 'free', 'blocked');
  for (const { section, at } of toFree) seats.get(section)!.move(at, 'blocked', 'free');
  await writeBlocked(tx, plan.eventId, seats);
  await changeCapacities(tx, plan.eventId, deltasOf(plan, toBlock, toFree));
  const version = await announceAvailability(tx, plan.eventId);
  const changed = [...toBlock, ...toFree].map((place) => ({ id: plan.idOf(place), status: statusOf(place) }));
  await append(tx, [
    {
      id: newId(requireSlot(plan.eventId)),
      type: 'seats.changed',
      subject: plan.eventId,
      subjectVersion: version,
      payload: { eventId: plan.eventId, seats: changed },
      trace: currentTraceparent(),
    },
  ]);
  return seats;
}

async function readSections(
  tx: Tx,
  plan: SeatPlan,
  places: readonly SeatPlace[],
): Promise<Map<number, SectionSeats>> {
  const sections = [...new Set(places.map((place) => place.section))];
  const { rows } = await tx.query<StoredSection>(READ, [plan.eventId, sections]);
  return new Map(rows.map((row) => [row.section, new SectionSeats(row)]));
}

async function writeBlocked(
  tx: Tx,
  eventId: string,
  seats: ReadonlyMap<number, SectionSeats>,
): Promise<void> {
  const changed = [...seats.values()].filter((section) => section.changed.size).map(({ stored }) => stored);
  const { rowCount } = await tx.query(BLOCK, [
    eventId,
    changed.map((section) => section.section),
    changed.map((section) => section.version),
    changed.map((section) => section.blocked),
  ]);
  if (rowCount !== changed.length) throw new Error(`${rowCount} of ${changed.length} sections were changed`);
}

/** Capacity lost by blocking and won by unblocking, one element a ticket type. */
function deltasOf(
  plan: SeatPlan,
  blocked: readonly SeatPlace[],
  freed: readonly SeatPlace[],
): CapacityDelta[] {
  const deltas = new Map<string, number>();
  const add = ({ section }: SeatPlace, delta: number) => {
    const { ticketTypeId } = plan.section(section);
    deltas.set(ticketTypeId, (deltas.get(ticketTypeId) ?? 0) + delta);
  };
  for (const place of blocked) add(place, -1);
  for (const place of freed) add(place, 1);
  return [...deltas].map(([ticketTypeId, delta]) => ({ ticketTypeId, delta }));
}

function seatsTaken(seatIds: readonly string[]) {
  return inventoryRefusals.seat_taken(
    `${seatIds.length} of the seats are held or booked; nothing was changed.`,
    { seatIds: seatIds.map((id) => formatId('seat', id)) },
  );
}
