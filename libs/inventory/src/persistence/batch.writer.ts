import type { DomainEvent } from '#libs/contracts';
import { newId, slotOfId } from '#libs/kernel';
import { append } from '#libs/outbox';
import type { BatchDecisions, BatchState } from '../domain/batch.js';
import type { Change } from '../domain/change.js';
import { type StockMove, stockMoves } from '../domain/moved.js';
import { newsOf } from './batch.news.js';
import { seatWrites } from './batch.seats.js';
import { waitingWrites } from './waiting.writer.js';
import * as values from './batch.values.js';
import type { LaneConnection, Statement } from './lane.connection.js';

// The second round trip of a batch: set-wise writes and COMMIT, sent together. Each write asserts its number of rows
// by raising EV001, which makes the COMMIT behind it a ROLLBACK. No guard is the condition of a partial index: while the table is
// small, PostgreSQL would plan to read that index from end to end, and go on doing so (lane.plans.spec.ts).

// In: ticket types, each once, with their deltas. Effect: the counters move where none falls below 0.
const MOVE_STOCK: Statement = {
  name: 'lane_stock',
  text: `
    WITH moved AS (
      UPDATE stock AS s SET available = s.available + d.available, held = s.held + d.held, booked = s.booked + d.booked
      FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[]) AS d (id, available, held, booked)
      WHERE s.ticket_type_id = d.id
        AND s.available + d.available >= 0 AND s.held + d.held >= 0 AND s.booked + d.booked >= 0
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM moved), cardinality($1), 'stock')`,
};
// The same with the parts of what is held and the number of those who wait: only where these move.
const MOVE_STOCK_AND_QUEUE: Statement = {
  name: 'lane_stock_queue',
  text: `
    WITH moved AS (
      UPDATE stock AS s SET available = s.available + d.available, held = s.held + d.held, booked = s.booked + d.booked,
        offered = s.offered + d.offered, reserved = s.reserved + d.reserved, waiting = s.waiting + d.waiting
      FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::integer[])
        AS d (id, available, held, booked, offered, reserved, waiting)
      WHERE s.ticket_type_id = d.id
        AND s.available + d.available >= 0 AND s.held + d.held >= 0 AND s.booked + d.booked >= 0
        AND s.offered + d.offered >= 0 AND s.reserved + d.reserved >= 0 AND s.waiting + d.waiting >= 0
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM moved), cardinality($1), 'stock')`,
};
// In: bookings, one element a column and row. Effect: confirmed bookings of version 1.
const INSERT_BOOKINGS: Statement = {
  name: 'lane_book',
  text: `
    INSERT INTO bookings (id, event_id, user_id, organization_id, reference, currency, total_amount, items, created_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::jsonb[],
      $9::timestamptz[])`,
};
// In: bookings, their versions as read, when and why. Effect: canceled, where nobody changed them since.
const CANCEL_BOOKINGS: Statement = {
  name: 'lane_cancel',
  text: `
    WITH canceled AS (
      UPDATE bookings AS b SET status = 'canceled', version = d.version, canceled_at = $3, cancel_reason = d.reason
      FROM unnest($1::uuid[], $2::integer[], $4::text[]) AS d (id, version, reason)
      WHERE b.id = d.id AND b.canceled_at IS NULL AND b.version = d.version - 1
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM canceled), cardinality($1), 'bookings')`,
};
// In: holds, one element a column and row. Effect: active holds.
const INSERT_HOLDS: Statement = {
  name: 'lane_hold',
  text: `
    INSERT INTO holds (id, event_id, user_id, currency, total_amount, items, created_at, expires_at, entry_id)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::jsonb[], $7::timestamptz[],
      $8::timestamptz[], $9::uuid[])`,
};
// In: holds, what they became, when. Effect: over, where they are still active.
const END_HOLDS: Statement = {
  name: 'lane_unhold',
  text: `
    WITH ended AS (
      UPDATE holds AS h SET status = d.status, booking_id = d.booking_id, ended_at = $4
      FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS d (id, status, booking_id)
      WHERE h.id = d.id AND h.ended_at IS NULL
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM ended), cardinality($1), 'holds')`,
};
// In: tickets, one element a column and row. Effect: each came in; a second time is 23505.
const INSERT_CHECK_INS: Statement = {
  name: 'lane_check_in',
  text: `
    INSERT INTO check_ins (booking_id, number, event_id, checked_in_by, checked_in_at)
    SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::uuid[], $5::timestamptz[])`,
};
// `answer` holds the outcome, or names the new booking that is in its row, from which the caller's library makes the body anew: all
// that it shows is immutable.
const KEEP_OUTCOMES: Statement = {
  name: 'lane_keep',
  text: `
    INSERT INTO idempotency (slot, caller, key, fingerprint, status, answer)
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bytea[], $5::smallint[], $6::json[])`,
};
// In: events whose counters moved, ids for their DomainEvents. Effect: the version of their availability rises, and the
// counters as they now are go to the outbox.
const ANNOUNCE_AVAILABILITY: Statement = {
  name: 'lane_announce',
  text: `
    WITH raised AS (
      UPDATE inventory AS i SET version = i.version + 1
      FROM unnest($1::uuid[], $2::uuid[]) AS d (event_id, id)
      WHERE i.event_id = d.event_id
      RETURNING i.event_id, i.version, d.id
    ), announced AS (
      INSERT INTO outbox (id, type, subject, subject_version, payload)
      SELECT r.id, 'availability.changed', r.event_id, r.version,
        json_build_object('eventId', r.event_id, 'ticketTypes', c.counters)
      FROM raised AS r CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object('id', s.ticket_type_id, 'capacity', s.capacity, 'available', s.available,
          'held', s.held, 'booked', s.booked) ORDER BY t.position, t.id) AS counters
        FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id
        WHERE s.event_id = r.event_id
      ) AS c
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM announced), cardinality($1), 'inventory')`,
};
// In: the holder, its batch. Effect: the marker of the batch; a marker never goes back.
const MARK: Statement = {
  name: 'lane_mark',
  text: `
    INSERT INTO lane_markers (holder, batch) VALUES ($1, $2)
    ON CONFLICT (holder) DO UPDATE SET batch = excluded.batch, at = clock_timestamp()`,
};
const TAKE_OVER: Statement = {
  name: 'lane_take_over',
  text: 'UPDATE lanes SET holder = $1, fence = fence + 1, changed_at = clock_timestamp() WHERE id = 1',
};

/** Who writes, and which of its batches. */
export interface Mark {
  holder: string;
  batch: number;
  /** Whether somebody else held the lane before. */
  tookOver: boolean;
}

/**
 * Sends the writes of a batch and COMMIT. New bookings and the outcomes to keep, most of what is written, are on their way before
 * the rest is put together, so that PostgreSQL works meanwhile. Throws when something cannot be put together; the caller rolls back.
 * @returns `written`: the answers to the writes, `commit`: COMMIT's own tag, `moves`: of the counters
 */
export function writeBatch(
  connection: LaneConnection,
  state: BatchState,
  decided: BatchDecisions,
  mark: Mark,
): { written: Promise<unknown>[]; commit: Promise<string>; moves: StockMove[] } {
  const written: Promise<unknown>[] = [];
  const sent = (answer: Promise<unknown>) => {
    // Where the rest could not be put together, nobody asks for the answers to what was sent.
    answer.catch(() => undefined);
    written.push(answer);
  };
  const rows = sorted(decided);
  const { booked } = rows;
  const { kept } = decided;
  if (booked.length)
    connection.together(() => sent(connection.query(INSERT_BOOKINGS, values.bookings(booked))));
  if (kept.length) connection.together(() => sent(connection.query(KEEP_OUTCOMES, values.kept(kept))));
  const moves = stockMoves(decided);
  const { statements, news } = otherWrites(state, decided, moves, rows, mark);
  return connection.together(() => {
    for (const [statement, parameters] of statements) sent(connection.query(statement, parameters));
    if (news.length) sent(append(connection, news));
    return { written, moves, commit: connection.query('COMMIT').then((result) => result.command) };
  });
}

/** All but the new bookings and the outcomes to keep. */
function otherWrites(
  state: BatchState,
  decided: BatchDecisions,
  moves: readonly StockMove[],
  { held, unheld, canceled, checkedIn }: ReturnType<typeof sorted>,
  mark: Mark,
): { statements: [Statement, unknown[]][]; news: DomainEvent[] } {
  const statements: [Statement, unknown[]][] = [];
  if (moves.length) {
    const column = (pick: (move: StockMove) => unknown) => moves.map(pick);
    const deltas = [column((m) => m.available), column((m) => m.held), column((m) => m.booked)];
    const parts = [column((m) => m.offered), column((m) => m.reserved), column((m) => m.waiting)];
    if (!moves.some((m) => m.offered || m.reserved || m.waiting)) {
      statements.push([MOVE_STOCK, [column((m) => m.id), ...deltas]]);
    } else {
      statements.push([MOVE_STOCK_AND_QUEUE, [column((m) => m.id), ...deltas, ...parts]]);
    }
    const events = [...new Set(moves.map((m) => m.eventId))].sort();
    statements.push([ANNOUNCE_AVAILABILITY, [events, events.map((id) => newId(slotOfId(id)!))]]);
  }
  const seats = seatWrites(state, decided);
  statements.push(...seats.statements);
  const waiting = waitingWrites(decided);
  statements.push(...waiting.statements);
  if (held.length) statements.push([INSERT_HOLDS, values.holds(held)]);
  if (unheld.length) statements.push([END_HOLDS, values.endedHolds(unheld, state.now)]);
  if (canceled.length) statements.push([CANCEL_BOOKINGS, values.cancellations(canceled, state.now)]);
  if (checkedIn.length) statements.push([INSERT_CHECK_INS, values.checkIns(checkedIn)]);
  if (mark.tookOver) statements.push([TAKE_OVER, [mark.holder]]);
  statements.push([MARK, [mark.holder, mark.batch]]);
  return { statements, news: [...seats.news, ...waiting.news, ...newsOf(decided.changes)] };
}

/**
 * The rows to write. A booking that was made and canceled in the same batch cannot be: a command names what its caller has
 * seen. An offer may end in the batch that made it, for whoever waits knows the entry: it is inserted, then ended.
 */
function sorted({ changes }: BatchDecisions) {
  const of = <K extends Change['kind']>(kind: K) =>
    changes.flatMap(({ change }) => (change.kind === kind ? [change as Extract<Change, { kind: K }>] : []));
  return {
    held: of('held').map(({ hold }) => hold),
    unheld: of('unheld').map(({ hold }) => hold),
    booked: of('booked').map(({ booking }) => booking),
    canceled: of('canceled'),
    checkedIn: of('checkedIn').map(({ checkIn }) => checkIn),
  };
}
