import type pg from 'pg';
import type { Config } from '#libs/config';
import {
  BOOKING_COLUMNS,
  type BookingRecord,
  type BookingRow,
  bookingOf,
  inventoryRefusals,
} from '#libs/inventory';
import { newId, refusals } from '#libs/kernel';
import { RedisLock } from './redis.lock.js';
import { ShardPools } from './shard-pools.js';
import { takeSeat, tellSeat } from './seat-writes.js';
import { type Strategy, type Wanted, wantedOf } from './strategy.js';

/** Connections a shard: more than the lock of a hot event lets work, and enough for many events at once. */
export const TEXTBOOK_POOL = 16;

const STORED = {
  name: 'textbook_stored',
  text: `
    SELECT i.fingerprint, ${BOOKING_COLUMNS.replaceAll(/\w+/g, 'b.$&')}
    FROM idempotency AS i JOIN bookings AS b ON b.id = (i.answer ->> 'booked')::uuid WHERE i.caller = $1 AND i.key = $2`,
};
const LOCK_STOCK = {
  name: 'textbook_lock',
  text: `
    SELECT s.capacity, s.available, s.held, s.booked, t.price_amount, t.price_version, t.max_per_booking,
      e.organization_id, e.currency, clock_timestamp() AS now,
      e.status = 'published' AND e.starts_at > clock_timestamp()
        AND coalesce(e.sales_start_at <= clock_timestamp(), true) AND coalesce(e.sales_end_at > clock_timestamp(), true) AS on_sale
    FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id JOIN events AS e ON e.id = s.event_id
    WHERE s.ticket_type_id = $1 AND s.event_id = $2
    FOR UPDATE OF s`,
};
const TAKE = {
  name: 'textbook_take',
  text: 'UPDATE stock SET available = available - $2, booked = booked + $2 WHERE ticket_type_id = $1',
};
const BOOK = {
  name: 'textbook_book',
  text: `
    INSERT INTO bookings (id, event_id, user_id, organization_id, reference, currency, total_amount, items, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};
const RAISE = {
  name: 'textbook_raise',
  text: 'UPDATE inventory SET version = version + 1 WHERE event_id = $1 RETURNING version',
};
const KEEP = {
  name: 'textbook_keep',
  text: 'INSERT INTO idempotency (slot, caller, key, fingerprint, status, answer) VALUES ($1, $2, $3, $4, 201, $5)',
};
const TELL = {
  name: 'textbook_tell',
  text: `
    INSERT INTO outbox (id, type, subject, subject_version, payload)
    VALUES ($1, 'booking.confirmed', $2, 1, $3), ($4, 'availability.changed', $5, $6, $7)`,
};

/**
 * What most ticket shops do: a lock in Redis around a transaction of one request, which reads the counter FOR UPDATE,
 * decides, and writes row by row. The rows are those that the product writes.
 */
export async function openTextbook(config: Config): Promise<Strategy> {
  const pools = await ShardPools.open(config, TEXTBOOK_POOL);
  const lock = new RedisLock(config.redis.url);
  return {
    async book(...asked) {
      const wanted = wantedOf(...asked);
      return lock.during(wanted.eventId, () => inTransaction(pools.ofEvent(wanted.eventId), wanted));
    },
    async close() {
      lock.close();
      await pools.close();
    },
  };
}

async function inTransaction(pool: pg.Pool, wanted: Wanted) {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const answer = await bookOnce(client, wanted);
    await client.query('COMMIT');
    return answer;
  } catch (error) {
    await client.query('ROLLBACK').catch((lost: Error) => (broken = lost));
    throw error;
  } finally {
    client.release(broken);
  }
}

async function bookOnce(tx: pg.PoolClient, wanted: Wanted) {
  const { key } = wanted;
  const { rows } = await tx.query<BookingRow & { fingerprint: Buffer }>({
    ...STORED,
    values: [key.caller, key.key],
  });
  if (!rows[0]) return { booking: await book(tx, wanted), replayed: false };
  if (!rows[0].fingerprint.equals(key.fingerprint))
    throw refusals.idempotency_key_reused('This Idempotency-Key was used for another request.');
  return { booking: bookingOf(rows[0]), replayed: true };
}

interface Stock {
  capacity: number;
  available: number;
  held: number;
  booked: number;
  price_amount: number;
  price_version: number;
  max_per_booking: number;
  organization_id: string;
  currency: string;
  now: Date;
  on_sale: boolean;
}

async function book(tx: pg.PoolClient, wanted: Wanted): Promise<BookingRecord> {
  const { ticketTypeId, eventId, quantity, key } = wanted;
  const { rows } = await tx.query<Stock>({ ...LOCK_STOCK, values: [ticketTypeId, eventId] });
  const stock = rows[0];
  if (!stock) throw refusals.not_found('There is no such event or ticket type.');
  if (!stock.on_sale) throw inventoryRefusals.sales_closed('Sales are over.');
  if (quantity > stock.max_per_booking) throw inventoryRefusals.quantity_out_of_range('Too many at once.');
  if (quantity > stock.available) throw inventoryRefusals.sold_out('No places are left.');
  if (wanted.seatId !== null) await takeSeat(tx, wanted);
  await tx.query({ ...TAKE, values: [ticketTypeId, quantity] });
  const booking = recordOf(wanted, stock);
  const { id, userId, organizationId, reference, currency, total, items } = booking;
  await tx.query({
    ...BOOK,
    values: [
      id,
      eventId,
      userId,
      organizationId,
      reference,
      currency,
      total,
      JSON.stringify(items),
      stock.now,
    ],
  });
  const raised = await tx.query<{ version: number }>({ ...RAISE, values: [eventId] });
  await tx.query({
    ...KEEP,
    values: [wanted.slot, key.caller, key.key, key.fingerprint, JSON.stringify({ booked: id })],
  });
  const news = [newId(wanted.slot), id, JSON.stringify(factsOf(booking))];
  const counters = JSON.stringify(countersOf(wanted, stock));
  await tx.query({
    ...TELL,
    values: [...news, newId(wanted.slot), eventId, raised.rows[0]!.version, counters],
  });
  if (wanted.seatId !== null) await tellSeat(tx, wanted, newId(wanted.slot), raised.rows[0]!.version);
  return booking;
}

function recordOf(wanted: Wanted, stock: Stock): BookingRecord {
  const { ticketTypeId, quantity, bookingId, reference, eventId, userId, seatId } = wanted;
  const { price_amount: unitAmount, price_version: priceVersion } = stock;
  return {
    id: bookingId,
    reference,
    eventId,
    userId,
    organizationId: stock.organization_id,
    status: 'confirmed',
    version: 1,
    currency: stock.currency,
    total: quantity * unitAmount,
    items: [{ ticketTypeId, quantity, unitAmount, priceVersion, ...(seatId && { seatIds: [seatId] }) }],
    createdAt: stock.now.getTime(),
    canceledAt: null,
  };
}

/** BookingFacts of libs/contracts. */
function factsOf(booking: BookingRecord) {
  const { id, eventId, userId, organizationId, reference, status, currency, total, items } = booking;
  return {
    bookingId: id,
    eventId,
    userId,
    organizationId,
    reference,
    status,
    total: { amount: total, currency },
    items: items.map(({ ticketTypeId, quantity, unitAmount }) => ({
      ticketTypeId,
      quantity,
      unitPrice: { amount: unitAmount, currency },
    })),
    createdAt: new Date(booking.createdAt).toISOString(),
  };
}

/** AvailabilityFacts of libs/contracts, for an event of one ticket type. */
function countersOf({ eventId, ticketTypeId, quantity }: Wanted, stock: Stock) {
  const { capacity, held } = stock;
  const counters = { available: stock.available - quantity, held, booked: stock.booked + quantity };
  return { eventId, ticketTypes: [{ id: ticketTypeId, capacity, ...counters }] };
}
