import type { EventInventory } from '../domain/inventory.js';
import { personKey } from '../domain/inventory.js';
import { putEntry } from '../domain/change.js';
import { rankOf } from '../domain/waitlist/entry-record.js';
import { type TypeRow, typeOf } from './batch.rows.js';
import { ENTRY_COLUMNS, type EntryRow, entryOf } from './entry.row.js';
import { first } from './batch.results.js';
import { HOLD_COLUMNS } from './hold.row.js';
import type { LaneConnection, Statement } from './lane.connection.js';

// What a batch reads about waiting entries. Those that its commands name come with its first round trip; the queues of its
// events, and the entries whose offers its holds are, only where there are such, with a second.

// In: entries. Out: those of them that there are.
export const ENTRIES: Statement = {
  name: 'lane_entries',
  text: `SELECT ${ENTRY_COLUMNS} FROM waitlist_entries AS w WHERE w.id = ANY($1::uuid[])`,
};
// In: entries. Out: the holds that are their open offers.
export const OFFERS: Statement = {
  name: 'lane_offers',
  text: `
    SELECT ${HOLD_COLUMNS} FROM holds WHERE id IN (
      SELECT CASE WHEN w.status = 'offered' THEN w.hold_id END FROM waitlist_entries AS w WHERE w.id = ANY($1::uuid[]))`,
};
// In: users and ticket types, one element a pair. Out: their entries that wait or have an offer. One by one, or a small list would
// be read as a whole, also when it has grown.
export const LIVING: Statement = {
  name: 'lane_living',
  text: `
    SELECT ${ENTRY_COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS p (user_id, type_id) CROSS JOIN LATERAL (
      SELECT * FROM waitlist_entries WHERE ticket_type_id = p.type_id AND user_id = p.user_id AND ended_at IS NULL LIMIT 1
    ) AS w`,
};
// In: an event, a number. Out: so many of its entries that wait.
export const SOME_ENTRIES: Statement = {
  name: 'lane_some_entries',
  text: `
    SELECT ${ENTRY_COLUMNS} FROM ticket_types AS t
    CROSS JOIN LATERAL (
      SELECT * FROM waitlist_entries WHERE ticket_type_id = t.id AND status = 'waiting' ORDER BY rank LIMIT $2
    ) AS w WHERE t.event_id = $1 LIMIT $2`,
};

// In: events. Out: their ticket types that somebody waits for.
const TYPES_WITH_QUEUE: Statement = {
  name: 'lane_types_with_queue',
  text: `
    SELECT t.id, t.event_id, t.kind, t.price_amount, t.price_version, t.max_per_booking, t.max_per_person,
      s.available, s.held, s.booked, s.offered, s.reserved, s.waiting
    FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id
    WHERE s.event_id = ANY($1::uuid[]) AND s.waiting > 0`,
};
// In: events ($1); ticket types and the places of each that the batch may free ($2, $3); persons ($4) whose entries are to be read
// in any case; the batch's clock ($5); how many entries to read of a size ($6), and of those who may have been passed over ($7).
// Out: of each type with a queue, the first entries of each size that the places would do for ("of_size": how many at the most)
// and whose person the offer leaves within the limit; the first of those who have not gathered; who gathers. "have": the person's
// places, of types with a limit. So a step reads no more than it can serve, however long the queue. OFFSET and LIMIT keep each list
// by itself: PostgreSQL would read whole indexes for all of them, when they are small, and go on when they have grown.
const WAITING: Statement = {
  name: 'lane_waiting',
  text: `
    WITH RECURSIVE queues AS (
      SELECT s.ticket_type_id AS id, s.event_id, t.max_per_person, s.available + s.reserved + coalesce(d.places, 0) AS places
      FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id
        LEFT JOIN unnest($2::uuid[], $3::integer[]) AS d (id, places) ON d.id = s.ticket_type_id
      WHERE s.event_id = ANY($1::uuid[]) AND s.waiting > 0
    ), sizes AS (
      SELECT q.*, 0 AS quantity FROM queues AS q WHERE q.places > 0
      UNION ALL
      SELECT z.id, z.event_id, z.max_per_person, z.places, n.quantity
      FROM sizes AS z CROSS JOIN LATERAL (
        SELECT min(quantity) AS quantity FROM waitlist_entries
        WHERE ticket_type_id = z.id AND status = 'waiting' AND quantity > z.quantity
      ) AS n
      WHERE n.quantity <= z.places
    ), found AS (
      SELECT w.id, least($6::integer, z.places / z.quantity) AS of_size
      FROM sizes AS z CROSS JOIN LATERAL (
        SELECT id FROM waitlist_entries AS e
        WHERE e.ticket_type_id = z.id AND e.status = 'waiting' AND e.quantity = z.quantity AND (z.max_per_person IS NULL
          OR e.quantity + places_of_person(z.event_id, e.user_id, z.id, $5::timestamptz) <= z.max_per_person)
        ORDER BY e.rank LIMIT least($6::integer, z.places / z.quantity)
      ) AS w WHERE z.quantity > 0
      UNION ALL
      SELECT w.id, NULL FROM queues AS q CROSS JOIN LATERAL (
        SELECT id FROM waitlist_entries AS e
        WHERE e.ticket_type_id = q.id AND e.status = 'waiting' AND e.gathering_since IS NULL ORDER BY e.rank LIMIT $7::integer
      ) AS w WHERE q.places > 0
      UNION ALL
      SELECT w.id, NULL FROM queues AS q CROSS JOIN LATERAL (
        SELECT id FROM waitlist_entries AS e WHERE e.ticket_type_id = q.id AND e.gathering_until IS NOT NULL OFFSET 0
      ) AS w
      UNION ALL
      SELECT w.id, NULL FROM queues AS q CROSS JOIN unnest($4::uuid[]) AS p (user_id) CROSS JOIN LATERAL (
        SELECT id FROM waitlist_entries AS e
        WHERE e.ticket_type_id = q.id AND e.user_id = p.user_id AND e.ended_at IS NULL LIMIT 1
      ) AS w
    )
    SELECT ${ENTRY_COLUMNS}, f.of_size,
      CASE WHEN q.max_per_person IS NOT NULL THEN places_of_person(w.event_id, w.user_id, w.ticket_type_id, $5::timestamptz) END AS have
    FROM (SELECT id, max(of_size) AS of_size FROM found GROUP BY id) AS f
    JOIN waitlist_entries AS w ON w.id = f.id JOIN queues AS q ON q.id = w.ticket_type_id`,
};

const NOTHING: { rows: EntryRow[] } = { rows: [] };

interface WaitingRow extends EntryRow {
  of_size: number | null;
  have: number | null;
}

/** The bounds of what a batch reads of a queue. */
export interface QueueBounds {
  /** Entries of a size: as many offers of a ticket type as one batch may make. */
  offers: number;
  /** Entries that may have been passed over. */
  patient: number;
}

/** Reads the queues of those events, and the entries whose offers their holds are, into the inventories. */
export async function readQueues(
  connection: LaneConnection,
  inventories: readonly EventInventory[],
  now: number,
  { offers, patient }: QueueBounds,
): Promise<void> {
  const events = inventories.map((inventory) => inventory.eventId);
  const freeable = placesOf(inventories);
  const named = inventories.flatMap(offersNotRead);
  const [types, waiting, offered] = await first(
    connection.together(
      () =>
        [
          connection.query<TypeRow>(TYPES_WITH_QUEUE, [events]),
          connection.query<WaitingRow>(WAITING, [
            events,
            [...freeable.keys()],
            [...freeable.values()],
            inventories.flatMap(personsOf),
            new Date(now).toISOString(),
            offers,
            patient,
          ]),
          named.length ? connection.query<EntryRow>(ENTRIES, [named]) : NOTHING,
        ] as const,
    ),
  );
  const byEvent = new Map(inventories.map((inventory) => [inventory.eventId, inventory]));
  for (const row of types.rows) {
    const known = byEvent.get(row.event_id)!.types;
    if (!known.has(row.id)) known.set(row.id, typeOf(row));
  }
  for (const row of offered.rows) putEntry(byEvent.get(row.event_id)!, entryOf(row));
  for (const row of waiting.rows) putWaiting(byEvent.get(row.event_id)!, row);
  for (const [typeId, sizes] of sizesOf(waiting.rows)) {
    const queue = byEvent.get(sizes[0]!.event_id)!.queues.get(typeId)!;
    for (const [quantity, rows] of Map.groupBy(sizes, (row) => row.quantity)) {
      if (rows.length < rows[0]!.of_size!) continue;
      queue.endsAt(quantity, Math.max(...rows.map((row) => rankOf(entryOf(row)))));
    }
  }
}

function putWaiting(inventory: EventInventory, row: WaitingRow): void {
  putEntry(inventory, entryOf(row));
  const person = personKey(row.user_id, row.ticket_type_id);
  if (row.have !== null && !inventory.taken.has(person)) inventory.taken.set(person, row.have);
}

function sizesOf(rows: readonly WaitingRow[]): Map<string, WaitingRow[]> {
  return Map.groupBy(
    rows.filter((row) => row.of_size !== null),
    (row) => row.ticket_type_id,
  );
}

/** The places that the batch may free, by ticket type: those of the bookings and holds that it names. */
function placesOf(inventories: readonly EventInventory[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const { bookings, holds } of inventories) {
    for (const { items } of [...bookings.values(), ...holds.values()]) {
      for (const { ticketTypeId, quantity } of items) {
        places.set(ticketTypeId, (places.get(ticketTypeId) ?? 0) + quantity);
      }
    }
  }
  return places;
}

/** Whose places the batch may free: what they wait for may come to be within their limit. */
function personsOf({ bookings, holds, entries }: EventInventory): string[] {
  return [...bookings.values(), ...holds.values(), ...entries.values()].map((one) => one.userId);
}

/** The entries whose offers the batch's holds are. */
function offersNotRead({ holds, entries }: EventInventory): string[] {
  return [...holds.values()].flatMap(({ entryId }) => (entryId && !entries.has(entryId) ? entryId : []));
}

/** Whether there is anything to read for it: somebody waits, or a hold of the batch is an offer. */
export function concernsWaiting(inventory: EventInventory, waiting: number): boolean {
  return waiting > 0 || offersNotRead(inventory).length > 0;
}
