import type { BatchState, Request } from '../domain/batch.js';
import type { EventInventory } from '../domain/inventory.js';
import { SectionSeats } from '../domain/seats/section-seats.js';
import { needsOf } from './batch.needs.js';
import {
  type CheckInRow,
  type PersonRow,
  type SectionRow,
  type StoredRow,
  type TermsRow,
  type TypeRow,
  type VersionsRow,
  addCheckIn,
  addPerson,
  emptyInventory,
  storedOf,
  typeOf,
} from './batch.rows.js';
import { putEntry } from '../domain/change.js';
import { BOOKING_COLUMNS, type BookingRow, bookingOf } from './booking.row.js';
import { type EntryRow, entryOf } from './entry.row.js';
import { first } from './batch.results.js';
import { HOLD_COLUMNS, type HoldRow, holdOf } from './hold.row.js';
import type { LaneConnection, Statement } from './lane.connection.js';
import { ENTRIES, LIVING, OFFERS, SOME_ENTRIES, concernsWaiting, readQueues } from './waiting.reader.js';

// The first round trip of a batch: everything after LOCK_LANE and LOCK_EVENTS is read under these locks.

// Effect: waits for the shard's lane. Out: who held it last, and whether that changed in the last 500 ms.
const LOCK_LANE: Statement = {
  name: 'lane_lock',
  text: `SELECT holder, changed_at > clock_timestamp() - interval '500 ms' AS contended FROM lanes WHERE id = 1 FOR UPDATE`,
};
// In: slots. Out: those that this shard may write now.
const OWNED_SLOTS: Statement = {
  name: 'lane_slots',
  text: `SELECT slot FROM owned_slots WHERE slot = ANY($1::smallint[]) AND state = 'active'`,
};
// In: events. Effect: locks their inventory in id order. Out: the versions of their availability and of
// their plans of seats, and their waitlists' settings.
const LOCK_EVENTS: Statement = {
  name: 'lane_events',
  text: `
    SELECT event_id, version, plan_version, joined, waiting, waitlist_paused, waitlist_closed, waitlist_cut_off_minutes
    FROM inventory WHERE event_id = ANY($1::uuid[]) ORDER BY event_id FOR UPDATE`,
};
// In: events. Out: what is taken of their sections; nothing of events without seats.
const SECTIONS: Statement = {
  name: 'lane_sections',
  text: `SELECT event_id, section, version, held, booked, blocked FROM section_seats WHERE event_id = ANY($1::uuid[])`,
};
// The batch's clock. Read under the locks, or it would be older than what is read; and before everything that time ends, or a
// hold could lapse in between: neither released with the others nor counted as live.
const CLOCK: Statement = {
  name: 'lane_clock',
  text: `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`,
};
const TERMS: Statement = {
  name: 'lane_terms',
  text: `
    SELECT id, organization_id, status, currency, starts_at, ends_at, sales_start_at, sales_end_at
    FROM events WHERE id = ANY($1::uuid[])`,
};
// In: ticket types. Out: their terms and counters.
const TYPES: Statement = {
  name: 'lane_types',
  text: `
    SELECT t.id, t.event_id, t.kind, t.price_amount, t.price_version, t.max_per_booking, t.max_per_person,
      s.available, s.held, s.booked, s.offered, s.reserved, s.waiting
    FROM ticket_types AS t JOIN stock AS s ON s.ticket_type_id = t.id
    WHERE t.id = ANY($1::uuid[])`,
};
// In: events, users and ticket types, one element a pair. Out: what each has of the types with a limit a person: places
// booked, and active holds with the end of each, for it is the batch's clock that says which of them live.
const PERSONS: Statement = {
  name: 'lane_persons',
  text: `
    SELECT p.event_id, p.user_id, p.type_id, coalesce(b.quantity, 0)::integer AS booked, h.holds
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS p (event_id, user_id, type_id)
    JOIN ticket_types AS t ON t.id = p.type_id AND t.max_per_person IS NOT NULL
    CROSS JOIN LATERAL (
      SELECT sum((i.item ->> 'quantity')::integer) AS quantity
      FROM bookings AS b CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
      WHERE b.event_id = p.event_id AND b.user_id = p.user_id AND b.status = 'confirmed'
        AND i.item ->> 'ticketTypeId' = p.type_id::text
    ) AS b
    CROSS JOIN LATERAL (
      SELECT coalesce(jsonb_agg(jsonb_build_object('quantity', (i.item ->> 'quantity')::integer,
        'expiresAt', floor(extract(epoch FROM h.expires_at) * 1000)::bigint)), '[]') AS holds
      FROM holds AS h CROSS JOIN LATERAL jsonb_array_elements(h.items) AS i (item)
      WHERE h.event_id = p.event_id AND h.user_id = p.user_id AND h.status = 'active'
        AND i.item ->> 'ticketTypeId' = p.type_id::text
    ) AS h`,
};
// In: callers and keys, one element a pair. Out: what is stored for them, and the booking that it names.
const STORED: Statement = {
  name: 'lane_stored',
  text: `
    SELECT i.caller, i.key, i.fingerprint, i.answer, ${BOOKING_COLUMNS.replaceAll(/\w+/g, 'b.$&')}
    FROM unnest($1::uuid[], $2::text[]) AS k (caller, key)
    JOIN idempotency AS i ON i.caller = k.caller AND i.key = k.key
    LEFT JOIN bookings AS b ON b.id = (i.answer ->> 'booked')::uuid`,
};
const BOOKINGS: Statement = {
  name: 'lane_bookings',
  text: `SELECT ${BOOKING_COLUMNS} FROM bookings WHERE id = ANY($1::uuid[])`,
};
// In: bookings. Out: which of their tickets came through the door.
const CHECK_INS: Statement = {
  name: 'lane_check_ins',
  text: `SELECT booking_id, event_id, number, checked_in_at FROM check_ins WHERE booking_id = ANY($1::uuid[])`,
};
const HOLDS: Statement = {
  name: 'lane_holds',
  text: `SELECT ${HOLD_COLUMNS} FROM holds WHERE id = ANY($1::uuid[])`,
};
// In: events. Out: holds that have lapsed, at most 256 an event and 2,000 in all. Read after the batch's clock: all that have
// lapsed by it are there, and those that lapse meanwhile are too, which `releaseLapsed` leaves to the next batch.
const LAPSED: Statement = {
  name: 'lane_lapsed',
  text: `
    SELECT h.* FROM unnest($1::uuid[]) AS e (id) CROSS JOIN LATERAL (
      SELECT ${HOLD_COLUMNS} FROM holds
      WHERE event_id = e.id AND status = 'active' AND expires_at <= clock_timestamp()
      ORDER BY expires_at LIMIT 256
    ) AS h LIMIT 2000`,
};
// In: an event, a number. Out: so many of its confirmed bookings.
const SOME_BOOKINGS: Statement = {
  name: 'lane_some_bookings',
  text: `
    SELECT ${BOOKING_COLUMNS} FROM bookings WHERE event_id = $1 AND status = 'confirmed'
    ORDER BY event_id, user_id LIMIT $2`,
};
// In: an event, a number. Out: so many of its active holds.
const SOME_HOLDS: Statement = {
  name: 'lane_some_holds',
  text: `
    SELECT ${HOLD_COLUMNS} FROM holds WHERE event_id = $1 AND status = 'active'
    ORDER BY event_id, expires_at LIMIT $2`,
};

/** Offers that a batch makes, at the most and at the least those of a ticket type: each writes some five rows. */
const OFFERS_A_BATCH = 400;
const OFFERS_A_TYPE = 8;
/** How far the entries that have not gathered are read, so that those who are passed over are counted. */
const PATIENT = 64;

/** Offers of a ticket type that a batch with so many queues makes. */
function offersA(events: number): number {
  return Math.max(OFFERS_A_TYPE, Math.floor(OFFERS_A_BATCH / Math.max(1, events)));
}

/** What the first round trip found. */
export interface BatchRead {
  lane: { holder: string | null; contended: boolean };
  /** From BEGIN to having the lane's row, milliseconds. */
  lockMs: number;
  /** The slots of the batch that this shard owns. */
  ownedSlots: Set<number>;
  state: BatchState;
}

/**
 * Opens the transaction, takes the locks and reads what the requests need, in one round trip; in a second one what those who
 * wait need, where somebody does.
 */
export async function readBatch(
  connection: LaneConnection,
  requests: readonly Request[],
  slots: readonly number[],
  offerMs: number,
): Promise<BatchRead> {
  const needs = needsOf(requests);
  const begun = performance.now();
  let locked = begun;
  const rows = <Row extends object>(
    statement: Statement,
    values: unknown[],
    wanted = true,
  ): Promise<Row[]> =>
    wanted ? connection.query<Row>(statement, values).then((result) => result.rows) : Promise.resolve([]);
  const [
    ,
    lane,
    owned,
    versions,
    clock,
    sections,
    lapsed,
    terms,
    types,
    persons,
    stored,
    bookings,
    checkIns,
    holds,
    offers,
    entries,
    living,
    ...some
  ] = await first(
    connection.together(
      () =>
        [
          connection.query('BEGIN') as Promise<unknown>,
          rows<BatchRead['lane']>(LOCK_LANE, []).then((found) => {
            locked = performance.now();
            return found;
          }),
          rows<{ slot: number }>(OWNED_SLOTS, [slots]),
          rows<VersionsRow>(LOCK_EVENTS, [needs.events]),
          rows<{ now: number }>(CLOCK, []),
          rows<SectionRow>(SECTIONS, [needs.events]),
          rows<HoldRow>(LAPSED, [needs.events]),
          rows<TermsRow>(TERMS, [needs.events]),
          rows<TypeRow>(TYPES, [needs.types], needs.types.length > 0),
          rows<PersonRow>(PERSONS, needs.persons ?? [], needs.persons !== null),
          rows<StoredRow>(STORED, needs.keys ?? [], needs.keys !== null),
          rows<BookingRow>(BOOKINGS, [needs.bookings], needs.bookings.length > 0),
          rows<CheckInRow>(CHECK_INS, [needs.bookings], needs.bookings.length > 0),
          rows<HoldRow>(HOLDS, [needs.holds], needs.holds.length > 0),
          rows<HoldRow>(OFFERS, [needs.entries], needs.entries.length > 0),
          rows<EntryRow>(ENTRIES, [needs.entries], needs.entries.length > 0),
          rows<EntryRow>(LIVING, needs.joining ?? [], needs.joining !== null),
          ...needs.some.map(([eventId, limit]) =>
            Promise.all([
              rows<BookingRow>(SOME_BOOKINGS, [eventId, limit]),
              rows<HoldRow>(SOME_HOLDS, [eventId, limit]),
              rows<EntryRow>(SOME_ENTRIES, [eventId, limit]),
            ]),
          ),
        ] as const,
    ),
  );
  if (!lane[0] || !clock[0]) throw new Error('the lane has no row: run the migrations');
  const { now } = clock[0];
  const inventories = new Map<string, EventInventory>();
  const versionsOf = new Map(versions.map((row) => [row.event_id, row]));
  for (const row of terms) {
    const found = versionsOf.get(row.id);
    if (found) inventories.set(row.id, emptyInventory(row, found));
  }
  for (const row of sections) inventories.get(row.event_id)?.seats.set(row.section, new SectionSeats(row));
  for (const row of types) inventories.get(row.event_id)?.types.set(row.id, typeOf(row));
  for (const row of persons) addPerson(inventories.get(row.event_id), row, now);
  for (const row of [...bookings, ...some.flatMap(([read]) => read)]) {
    inventories.get(row.event_id)?.bookings.set(row.id, bookingOf(row));
  }
  for (const row of checkIns) addCheckIn(inventories.get(row.event_id), row);
  for (const row of [...lapsed, ...holds, ...offers, ...some.flatMap(([, read]) => read)]) {
    inventories.get(row.event_id)?.holds.set(row.id, holdOf(row));
  }
  for (const row of [...entries, ...living, ...some.flatMap(([, , read]) => read)]) {
    const inventory = inventories.get(row.event_id);
    if (inventory) putEntry(inventory, entryOf(row));
  }
  const concerned = [...inventories.values()].filter((one) =>
    concernsWaiting(one, versionsOf.get(one.eventId)!.waiting),
  );
  const bounds = { offers: offersA(concerned.length), patient: PATIENT };
  if (concerned.length) await readQueues(connection, concerned, now, bounds);
  return {
    lane: lane[0],
    lockMs: locked - begun,
    ownedSlots: new Set(owned.map((row) => row.slot)),
    state: { now, inventories, stored: storedOf(stored), offerMs, offers: bounds.offers },
  };
}
