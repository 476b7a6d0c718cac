import type { Tx } from '#libs/sharding';
import type { TicketType } from '../domain/event.js';

// In: arrays of equal length, one element a ticket type, and the position of the first.
// Effect: the types, each with all its places available.
const INSERT = `
  WITH given AS (
    SELECT * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::integer[], $8::integer[], $9::integer[])
      WITH ORDINALITY AS g (id, name, kind, price, max_per_booking, max_per_person, capacity, nr)),
  types AS (
    INSERT INTO ticket_types (id, event_id, position, name, kind, price_amount, max_per_booking, max_per_person)
    SELECT id, $1, $2 + nr - 1, name, kind, price, max_per_booking, max_per_person FROM given RETURNING id)
  INSERT INTO stock (ticket_type_id, event_id, capacity, available)
  SELECT id, $1, given.capacity, given.capacity FROM types JOIN given USING (id)`;

/** Adds ticket types after those that there are, with their stock. */
export async function insertTicketTypes(
  tx: Tx,
  eventId: string,
  firstPosition: number,
  types: readonly TicketType[],
): Promise<void> {
  if (!types.length) return;
  await tx.query(INSERT, [
    eventId,
    firstPosition,
    types.map((t) => t.id),
    types.map((t) => t.name),
    types.map((t) => t.kind),
    types.map((t) => t.priceAmount),
    types.map((t) => t.maxPerBooking),
    types.map((t) => t.maxPerPerson),
    types.map((t) => t.capacity),
  ]);
}

// One statement, so that two types may swap their names.
const UPDATE = `
  UPDATE ticket_types AS t
  SET name = g.name, price_amount = g.price, max_per_booking = g.max_per_booking, max_per_person = g.max_per_person
  FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::integer[], $6::integer[])
    AS g (id, name, price, max_per_booking, max_per_person)
  WHERE t.id = g.id AND t.event_id = $1`;

/** Changes names, prices and limits; capacities change through the inventory. */
export async function updateTicketTypes(
  tx: Tx,
  eventId: string,
  types: readonly TicketType[],
): Promise<void> {
  if (!types.length) return;
  const { rowCount } = await tx.query(UPDATE, [
    eventId,
    types.map((t) => t.id),
    types.map((t) => t.name),
    types.map((t) => t.priceAmount),
    types.map((t) => t.maxPerBooking),
    types.map((t) => t.maxPerPerson),
  ]);
  if (rowCount !== types.length) throw new Error(`${rowCount} of ${types.length} ticket types were changed`);
}
