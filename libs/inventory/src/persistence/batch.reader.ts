import type { BatchState, Request, StoredOutcome } from '../domain/batch.js';
import { keyOf } from '../domain/batch.js';
import type { Outcome } from '../domain/command.js';
import { type EventInventory, type TicketTypeState, personKey } from '../domain/inventory.js';
import { BOOKING_COLUMNS, type BookingRow, bookingOf } from './booking.row.js';
import type { LaneConnection, Statement } from './lane.connection.js';

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
// In: events. Effect: locks their inventory in id order. Out: the versions of their availability.
const LOCK_EVENTS: Statement = {
  name: 'lane_events',
  text: `SELECT event_id, version FROM inventory WHERE event_id = ANY($1::uuid[]) ORDER BY event_id FOR UPDATE`,
};
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
      s.available, s.held, s.booked, s.offered, s.reserved
    FROM ticket_types AS t JOIN stock AS s ON s.ticket_type_id = t.id
    WHERE t.id = ANY($1::uuid[])`,
};
// In: events, users and ticket types, one element a pair. Out: what each has of the types with a limit a person.
const PERSONS: Statement = {
  name: 'lane_persons',
  text: `
    SELECT p.event_id, p.user_id, p.type_id, coalesce(b.quantity, 0)::integer AS quantity
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS p (event_id, user_id, type_id)
    JOIN ticket_types AS t ON t.id = p.type_id AND t.max_per_person IS NOT NULL
    CROSS JOIN LATERAL (
      SELECT sum((i.item ->> 'quantity')::integer) AS quantity
      FROM bookings AS b CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
      WHERE b.event_id = p.event_id AND b.user_id = p.user_id AND b.status = 'confirmed'
        AND i.item ->> 'ticketTypeId' = p.type_id::text
    ) AS b`,
};
// In: callers and keys, one element a pair. Out: what is stored for them.
const STORED: Statement = {
  name: 'lane_stored',
  text: `
    SELECT i.caller, i.key, i.fingerprint, i.answer
    FROM unnest($1::uuid[], $2::text[]) AS k (caller, key)
    JOIN idempotency AS i ON i.caller = k.caller AND i.key = k.key`,
};
const BOOKINGS: Statement = {
  name: 'lane_bookings',
  text: `SELECT ${BOOKING_COLUMNS} FROM bookings WHERE id = ANY($1::uuid[])`,
};
// In: an event, a number. Out: so many of its confirmed bookings.
const SOME_BOOKINGS: Statement = {
  name: 'lane_some_bookings',
  text: `
    SELECT ${BOOKING_COLUMNS} FROM bookings WHERE event_id = $1 AND status = 'confirmed'
    ORDER BY event_id, user_id LIMIT $2`,
};

/** What the first round trip found. */
export interface BatchRead {
  lane: { holder: string | null; contended: boolean };
  /** From BEGIN to having the lane's row, milliseconds. */
  lockMs: number;
  /** The slots of the batch that this shard owns. */
  ownedSlots: Set<number>;
  state: BatchState;
}

/** Opens the transaction, takes the locks and reads what the requests need, in one round trip. */
export async function readBatch(
  connection: LaneConnection,
  requests: readonly Request[],
  slots: readonly number[],
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
  const [, lane, owned, versions, clock, terms, types, persons, stored, bookings, ...some] = await first(
    connection.together(
      () =>
        [
          connection.query('BEGIN') as Promise<unknown>,
          rows<BatchRead['lane']>(LOCK_LANE, []).then((found) => {
            locked = performance.now();
            return found;
          }),
          rows<{ slot: number }>(OWNED_SLOTS, [slots]),
          rows<{ event_id: string; version: number }>(LOCK_EVENTS, [needs.events]),
          rows<{ now: number }>(CLOCK, []),
          rows<TermsRow>(TERMS, [needs.events]),
          rows<TypeRow>(TYPES, [needs.types], needs.types.length > 0),
          rows<PersonRow>(PERSONS, needs.persons, needs.persons[0]!.length > 0),
          rows<StoredRow>(STORED, needs.keys, needs.keys[0]!.length > 0),
          rows<BookingRow>(BOOKINGS, [needs.bookings], needs.bookings.length > 0),
          ...needs.some.map(([eventId, limit]) => rows<BookingRow>(SOME_BOOKINGS, [eventId, limit])),
        ] as const,
    ),
  );
  if (!lane[0] || !clock[0]) throw new Error('the lane has no row: run the migrations');
  const inventories = new Map<string, EventInventory>();
  const versionOf = new Map(versions.map((row) => [row.event_id, row.version]));
  for (const row of terms) {
    const version = versionOf.get(row.id);
    if (version !== undefined) inventories.set(row.id, emptyInventory(row, version));
  }
  for (const row of types) inventories.get(row.event_id)?.types.set(row.id, typeOf(row));
  for (const row of persons) {
    inventories.get(row.event_id)?.taken.set(personKey(row.user_id, row.type_id), row.quantity);
  }
  for (const row of [...bookings, ...some.flat()]) {
    inventories.get(row.event_id)?.bookings.set(row.id, bookingOf(row));
  }
  return {
    lane: lane[0],
    lockMs: locked - begun,
    ownedSlots: new Set(owned.map((row) => row.slot)),
    state: { now: clock[0].now, inventories, stored: storedOf(stored) },
  };
}

/** All results, or the first error in the order in which the queries were sent: the others only follow from it. */
export async function first<T extends readonly unknown[]>(
  sent: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(sent);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

interface TermsRow {
  id: string;
  organization_id: string;
  status: EventInventory['terms']['status'];
  currency: string;
  starts_at: Date;
  ends_at: Date | null;
  sales_start_at: Date | null;
  sales_end_at: Date | null;
}
interface TypeRow {
  id: string;
  event_id: string;
  kind: TicketTypeState['kind'];
  price_amount: number;
  price_version: number;
  max_per_booking: number;
  max_per_person: number | null;
  available: number;
  held: number;
  booked: number;
  offered: number;
  reserved: number;
}
interface PersonRow {
  event_id: string;
  user_id: string;
  type_id: string;
  quantity: number;
}
interface StoredRow {
  caller: string;
  key: string;
  fingerprint: Buffer;
  answer: Outcome;
}

/** What the requests name, each once, as values of the statements above. */
function needsOf(requests: readonly Request[]) {
  const events = new Set<string>();
  const types = new Set<string>();
  const persons = new Map<string, [string, string, string]>();
  const keys = new Map<string, [string, string]>();
  const bookings = new Set<string>();
  const some: [eventId: string, limit: number][] = [];
  for (const { command, key } of requests) {
    events.add(command.eventId);
    if (key) keys.set(keyOf(key), [key.caller, key.key]);
    if (command.kind === 'cancel') bookings.add(command.bookingId);
    if (command.kind === 'cancelSome') some.push([command.eventId, command.limit]);
    if (command.kind !== 'book') continue;
    for (const { ticketTypeId } of command.asks) {
      types.add(ticketTypeId);
      persons.set(personKey(command.userId, ticketTypeId), [command.eventId, command.userId, ticketTypeId]);
    }
  }
  return {
    events: [...events],
    types: [...types],
    persons: columns([...persons.values()], 3),
    keys: columns([...keys.values()], 2),
    bookings: [...bookings],
    some,
  };
}

function columns(rows: readonly (readonly string[])[], width: number): string[][] {
  return Array.from({ length: width }, (_, column) => rows.map((row) => row[column]!));
}

function emptyInventory(row: TermsRow, version: number): EventInventory {
  return {
    eventId: row.id,
    version,
    terms: {
      organizationId: row.organization_id,
      status: row.status,
      currency: row.currency,
      startsAt: row.starts_at.getTime(),
      endsAt: row.ends_at?.getTime() ?? null,
      salesStartAt: row.sales_start_at?.getTime() ?? null,
      salesEndAt: row.sales_end_at?.getTime() ?? null,
    },
    types: new Map(),
    taken: new Map(),
    bookings: new Map(),
  };
}

function typeOf(row: TypeRow): TicketTypeState {
  return {
    id: row.id,
    kind: row.kind,
    price: row.price_amount,
    priceVersion: row.price_version,
    maxPerBooking: row.max_per_booking,
    maxPerPerson: row.max_per_person,
    available: row.available,
    held: row.held,
    booked: row.booked,
    offered: row.offered,
    reserved: row.reserved,
  };
}

function storedOf(rows: readonly StoredRow[]): BatchState['stored'] {
  const stored = new Map<string, StoredOutcome[]>();
  for (const row of rows) {
    const key = keyOf(row);
    stored.set(key, [...(stored.get(key) ?? []), { fingerprint: row.fingerprint, outcome: row.answer }]);
  }
  return stored;
}
