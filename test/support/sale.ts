import { newId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { compareSeats } from './seats.js';

export interface SaleOptions {
  /** The event's slot; 0 to 161 is shard 1. */
  slot?: number;
  /** One general ticket type each. */
  types?: { capacity: number; price?: number; maxPerBooking?: number; maxPerPerson?: number }[];
  status?: 'draft' | 'published' | 'canceled';
  /** Hours from now; below 0 is past. */
  startsIn?: number;
  salesStartIn?: number;
  salesEndIn?: number;
  /** Whose event it is; nobody's unless told. */
  organizationId?: string;
}

export interface Sale {
  eventId: string;
  organizationId: string;
  typeIds: string[];
}

/** An event on sale, written straight into its shard. */
export async function openSale(shards: Shards, options: SaleOptions = {}): Promise<Sale> {
  const slot = options.slot ?? 0;
  const eventId = newId(slot);
  const organizationId = options.organizationId ?? newId(slot);
  const types = (options.types ?? [{ capacity: 100 }]).map((type) => ({ id: newId(slot), ...type }));
  const inHours = (hours: number | undefined) =>
    hours === undefined ? null : new Date(Date.now() + hours * 3_600_000);
  await shards.ofSlot(slot).transaction(async (tx) => {
    await tx.query(
      `INSERT INTO events (id, organization_id, created_by, status, title, category, venue_name, venue_city, venue_country,
         venue_timezone, starts_at, sales_start_at, sales_end_at, currency)
       VALUES ($1, $2, $2, $3, 'Test', 'concert', 'Hall', 'Berlin', 'DE', 'Europe/Berlin', $4, $5, $6, 'EUR')`,
      [
        eventId,
        organizationId,
        options.status ?? 'published',
        inHours(options.startsIn ?? 24),
        inHours(options.salesStartIn),
        inHours(options.salesEndIn),
      ],
    );
    await tx.query('INSERT INTO inventory (event_id) VALUES ($1)', [eventId]);
    for (const [position, type] of types.entries()) {
      await tx.query(
        `INSERT INTO ticket_types (id, event_id, position, name, kind, price_amount, max_per_booking, max_per_person)
         VALUES ($1, $2, $3, $4, 'general', $5, $6, $7)`,
        [
          type.id,
          eventId,
          position,
          `Type ${position}`,
          type.price ?? 1000,
          type.maxPerBooking ?? 10,
          type.maxPerPerson ?? null,
        ],
      );
      await tx.query(
        'INSERT INTO stock (ticket_type_id, event_id, capacity, available) VALUES ($1, $2, $3, $3)',
        [type.id, eventId, type.capacity],
      );
    }
  });
  return { eventId, organizationId, typeIds: types.map((type) => type.id) };
}

/**
 * What the database says was sold, counted from the bookings themselves; throws when the counters disagree with them or
 * with the active holds, the entries of the waitlist, or what is said of seats with itself (`compareSeats`).
 */
export async function countSold(shards: Shards, eventId: string): Promise<Record<string, number>> {
  const { rows } = await shards.ofId(eventId).primary.sql.query<{
    id: string;
    sold: number;
    booked: number;
    on_hold: number;
    held: number;
    offered: number;
    reserved: number;
    waiting: number;
    on_offer: number;
    gathered: number;
    in_line: number;
    adds_up: boolean;
  }>(
    `SELECT s.ticket_type_id AS id, s.booked, s.held, s.offered, s.reserved, s.waiting,
       s.available + s.held + s.booked = s.capacity AS adds_up,
       (SELECT coalesce(sum(w.quantity), 0)::int FROM waitlist_entries w JOIN holds h ON h.id = w.hold_id AND h.entry_id = w.id
        WHERE w.ticket_type_id = s.ticket_type_id AND w.status = 'offered' AND h.status = 'active') AS on_offer,
       (SELECT coalesce(sum(w.gathered), 0)::int FROM waitlist_entries w WHERE w.ticket_type_id = s.ticket_type_id) AS gathered,
       (SELECT count(*)::int FROM waitlist_entries w WHERE w.ticket_type_id = s.ticket_type_id AND w.status = 'waiting') AS in_line,
       (SELECT coalesce(sum((i ->> 'quantity')::int), 0)::int FROM bookings b, jsonb_array_elements(b.items) i
        WHERE b.event_id = s.event_id AND b.status = 'confirmed' AND i ->> 'ticketTypeId' = s.ticket_type_id::text) AS sold,
       (SELECT coalesce(sum((i ->> 'quantity')::int), 0)::int FROM holds h, jsonb_array_elements(h.items) i
        WHERE h.event_id = s.event_id AND h.status = 'active' AND i ->> 'ticketTypeId' = s.ticket_type_id::text) AS on_hold
     FROM stock s WHERE s.event_id = $1`,
    [eventId],
  );
  for (const row of rows) {
    const held = row.on_hold + row.reserved;
    const queue = row.on_offer === row.offered && row.gathered <= row.reserved && row.in_line === row.waiting;
    if (row.sold !== row.booked || held !== row.held || !row.adds_up || !queue)
      throw new Error(`the counters are wrong: ${JSON.stringify(row)}`);
  }
  await compareSeats(shards, eventId);
  return Object.fromEntries(rows.map((row) => [row.id, row.sold]));
}
