import type { Sale } from '../../test/support/sale.js';
import { SLOT_COUNT, newId, newMasterId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';

// In: events, their ticket types, an organizer, the capacity of each. Effect: published events on sale, of one general
// ticket type each, as the catalogue would write them.
const EVENTS = `
  INSERT INTO events (id, organization_id, created_by, status, title, category, venue_name, venue_city, venue_country,
    venue_timezone, starts_at, currency)
  SELECT id, $2, $2, 'published', 'Benchmark', 'concert', 'Hall', 'Berlin', 'DE', 'Europe/Berlin', now() + interval '30 days',
    'EUR'
  FROM unnest($1::uuid[]) AS e (id)`;
const INVENTORY = 'INSERT INTO inventory (event_id) SELECT * FROM unnest($1::uuid[])';
const TYPES = `
  INSERT INTO ticket_types (id, event_id, position, name, kind, price_amount, max_per_booking)
  SELECT id, event_id, 0, 'Standing', 'general', 4500, 10 FROM unnest($1::uuid[], $2::uuid[]) AS t (id, event_id)`;
const STOCK = `
  INSERT INTO stock (ticket_type_id, event_id, capacity, available)
  SELECT id, event_id, $3, $3 FROM unnest($1::uuid[], $2::uuid[]) AS t (id, event_id)`;

/** Opens an event on sale a slot, each with so many places of one ticket type. */
export async function openSales(shards: Shards, slots: readonly number[], capacity: number): Promise<Sale[]> {
  const organizationId = newMasterId();
  const sales = slots.map((slot) => ({ eventId: newId(slot), organizationId, typeIds: [newId(slot)] }));
  const byShard = Map.groupBy(sales, (sale) => shards.ofId(sale.eventId));
  await Promise.all(
    [...byShard].map(([shard, ofShard]) =>
      shard.transaction(async (tx) => {
        const events = ofShard.map((sale) => sale.eventId);
        const types = ofShard.map((sale) => sale.typeIds[0]!);
        await tx.query(EVENTS, [events, organizationId]);
        await tx.query(INVENTORY, [events]);
        await tx.query(TYPES, [types, events]);
        await tx.query(STOCK, [types, events, capacity]);
      }),
    ),
  );
  return sales;
}

/** So many slots, evenly over the alphabet and so over the shards. */
export function slotsEvenly(count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * SLOT_COUNT) / count));
}
