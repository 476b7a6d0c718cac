import type { DomainEvent } from '#libs/contracts';
import { newId, slotOfId } from '#libs/kernel';
import type { BatchDecisions, BatchState } from '../domain/batch.js';
import type { Possession } from '../domain/change.js';
import type { Statement } from './lane.connection.js';

// What a batch writes about seats: the bitmaps of sections, the claims on seats, and the news of both.

// In: sections and the versions that were read; bitmaps, null for those that stay. Effect: the next version, where it is
// still the one that was read.
const MOVE_SECTIONS: Statement = {
  name: 'lane_move_sections',
  text: `
    WITH moved AS (
      UPDATE section_seats AS s SET version = s.version + 1, held = coalesce(d.held, s.held), booked = coalesce(d.booked, s.booked)
      FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bytea[], $5::bytea[])
        AS d (event_id, section, version, held, booked)
      WHERE s.event_id = d.event_id AND s.section = d.section AND s.version = d.version
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM moved), cardinality($2), 'section_seats')`,
};
// In: seats and who had them. Effect: nobody has them.
const FREE_SEATS: Statement = {
  name: 'lane_free_seats',
  text: `
    WITH freed AS (
      DELETE FROM seat_claims AS c USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS d (event_id, seat_id, owner_id)
      WHERE c.event_id = d.event_id AND c.seat_id = d.seat_id AND c.owner_id = d.owner_id
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM freed), cardinality($2), 'seat_claims')`,
};
// In: seats, who had them, who has them now.
const PASS_SEATS_ON: Statement = {
  name: 'lane_pass_seats_on',
  text: `
    WITH passed AS (
      UPDATE seat_claims AS c SET owner_id = d.next_id
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS d (event_id, seat_id, owner_id, next_id)
      WHERE c.event_id = d.event_id AND c.seat_id = d.seat_id AND c.owner_id = d.owner_id
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM passed), cardinality($2), 'seat_claims')`,
};
// In: seats and who has them now. Effect: a claim each; 23505 for a seat that somebody has.
const CLAIM_SEATS: Statement = {
  name: 'lane_claim_seats',
  text: `
    INSERT INTO seat_claims (event_id, seat_id, owner_id) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])`,
};

/** A seat as it was before the batch and as it is after it. */
interface SeatMove {
  eventId: string;
  seatId: string;
  from: Possession;
  to: Possession;
}

/** The writes about seats, and what is to be announced of them; nothing where no seat moved. */
export function seatWrites(
  state: BatchState,
  { changes }: BatchDecisions,
): { statements: [Statement, unknown[]][]; news: DomainEvent[] } {
  const moves = new Map<string, SeatMove>();
  for (const { eventId, change } of changes) {
    if (change.kind !== 'seat') continue;
    const { seatId, from, to } = change;
    moves.set(seatId, { eventId, seatId, from: moves.get(seatId)?.from ?? from, to });
  }
  if (!moves.size) return { statements: [], news: [] };
  const all = [...moves.values()];
  return { statements: [sectionWrite(state, all), ...claimWrites(all)], news: seatNews(state, all) };
}

function sectionWrite(state: BatchState, moves: readonly SeatMove[]): [Statement, unknown[]] {
  const sections = [...new Set(moves.map((move) => move.eventId))].sort().flatMap((eventId) => {
    const changed = [...state.inventories.get(eventId)!.seats.values()].filter(({ changed }) => changed.size);
    return changed.map(({ stored, changed }) => ({ eventId, ...stored, changed }));
  });
  return [
    MOVE_SECTIONS,
    [
      sections.map((s) => s.eventId),
      sections.map((s) => s.section),
      sections.map((s) => s.version),
      sections.map((s) => (s.changed.has('held') ? s.held : null)),
      sections.map((s) => (s.changed.has('booked') ? s.booked : null)),
    ],
  ];
}

function claimWrites(moves: readonly SeatMove[]): [Statement, unknown[]][] {
  const writes: [Statement, unknown[]][] = [];
  const freed = moves.filter(({ from, to }) => from.owner && !to.owner);
  const passed = moves.filter(({ from, to }) => from.owner && to.owner && from.owner !== to.owner);
  const claimed = moves.filter(({ from, to }) => !from.owner && to.owner);
  const before = (some: readonly SeatMove[]) => [...seats(some), some.map((move) => move.from.owner)];
  const after = (some: readonly SeatMove[]) => some.map((move) => move.to.owner);
  if (freed.length) writes.push([FREE_SEATS, before(freed)]);
  if (passed.length) writes.push([PASS_SEATS_ON, [...before(passed), after(passed)]]);
  if (claimed.length) writes.push([CLAIM_SEATS, [...seats(claimed), after(claimed)]]);
  return writes;
}

function seats(moves: readonly SeatMove[]): unknown[] {
  return [moves.map((move) => move.eventId), moves.map((move) => move.seatId)];
}

/** One DomainEvent an event, of the version that the batch gives its inventory. */
function seatNews(state: BatchState, moves: readonly SeatMove[]): DomainEvent[] {
  const changed = moves.filter(({ from, to }) => from.status !== to.status);
  return [...Map.groupBy(changed, (move) => move.eventId)].map(([eventId, ofEvent]) => ({
    id: newId(slotOfId(eventId)!),
    type: 'seats.changed',
    subject: eventId,
    subjectVersion: state.inventories.get(eventId)!.version + 1,
    payload: { eventId, seats: ofEvent.map(({ seatId, to }) => ({ id: seatId, status: to.status })) },
    trace: null,
  }));
}
