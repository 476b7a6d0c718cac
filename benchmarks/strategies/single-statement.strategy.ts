import type { Config } from '#libs/config';
import { type BookingRecord, inventoryRefusals } from '#libs/inventory';
import { newId } from '#libs/kernel';
import { BIT } from './seat-writes.js';
import { ShardPools } from './shard-pools.js';
import { type Strategy, wantedOf } from './strategy.js';

// In: ticket type, event, quantity, booking, user, reference, slot, caller, key, fingerprint, ids of two DomainEvents; for
// a seat also the seat and the id of a third DomainEvent.
// Effect: all that a booking writes, where so many places are free and the event sells; nothing otherwise.
// Out: the booking as BookingRecord, or no row.
const bookStatement = (seated: boolean) => `
    WITH ${seated ? SEAT_CLAIMED : ''} sold AS (
      UPDATE stock AS s SET available = s.available - $3::integer, booked = s.booked + $3::integer
      FROM ${seated ? 'claimed, ' : ''}ticket_types AS t, events AS e
      WHERE s.ticket_type_id = $1::uuid AND s.event_id = $2::uuid AND s.available >= $3::integer
        AND t.id = s.ticket_type_id AND $3::integer <= t.max_per_booking
        AND e.id = s.event_id AND e.status = 'published' AND e.starts_at > clock_timestamp()
        AND coalesce(e.sales_start_at <= clock_timestamp(), true) AND coalesce(e.sales_end_at > clock_timestamp(), true)
      RETURNING s.capacity, s.available, s.held, s.booked, t.price_amount, t.price_version, e.organization_id, e.currency,
        date_trunc('milliseconds', clock_timestamp()) AS now
    ), booked AS (
      INSERT INTO bookings (id, event_id, user_id, organization_id, reference, currency, total_amount, items, created_at)
      SELECT $4::uuid, $2::uuid, $5::uuid, organization_id, $6::text, currency, $3::integer * price_amount,
        jsonb_build_array(jsonb_build_object('ticketTypeId', $1::uuid, 'quantity', $3::integer,
          'unitAmount', price_amount, 'priceVersion', price_version${seated ? SEAT_IDS : ''})), now
      FROM sold
      RETURNING *
    ), answer AS (
      SELECT json_build_object('id', id, 'reference', reference, 'eventId', event_id, 'userId', user_id,
        'organizationId', organization_id, 'status', status, 'version', version, 'currency', currency,
        'total', total_amount, 'items', items, 'createdAt', floor(extract(epoch FROM created_at) * 1000)::bigint,
        'canceledAt', NULL) AS booking
      FROM booked
    ), raised AS (
      UPDATE inventory AS i SET version = i.version + 1 FROM sold WHERE i.event_id = $2::uuid RETURNING i.version
    ), kept AS (
      INSERT INTO idempotency (slot, caller, key, fingerprint, status, answer)
      SELECT $7::smallint, $8::uuid, $9::text, $10::bytea, 201, json_build_object('booked', $4::uuid) FROM answer
    ), told AS (
      INSERT INTO outbox (id, type, subject, subject_version, payload)
      SELECT $11::uuid, 'booking.confirmed', b.id, 1, json_build_object('bookingId', b.id, 'eventId', b.event_id,
        'userId', b.user_id, 'organizationId', b.organization_id, 'reference', b.reference, 'status', b.status,
        'total', json_build_object('amount', b.total_amount, 'currency', b.currency),
        'items', json_build_array(json_build_object('ticketTypeId', $1::uuid, 'quantity', $3::integer,
          'unitPrice', json_build_object('amount', s.price_amount, 'currency', s.currency))),
        'createdAt', to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
      FROM booked AS b, sold AS s
      UNION ALL
      SELECT $12::uuid, 'availability.changed', $2::uuid, r.version, json_build_object('eventId', $2::uuid,
        'ticketTypes', json_build_array(json_build_object('id', $1::uuid, 'capacity', s.capacity,
          'available', s.available, 'held', s.held, 'booked', s.booked)))
      FROM raised AS r, sold AS s${seated ? SEAT_TOLD : ''}
    )
    SELECT booking FROM answer`;

// The seat is claimed first: a claim that exists lets nothing else happen.
const SEAT_CLAIMED = `claimed AS (
      INSERT INTO seat_claims (event_id, seat_id, owner_id) VALUES ($2::uuid, $13::uuid, $4::uuid)
      ON CONFLICT DO NOTHING RETURNING seat_id
    ), marked AS (
      UPDATE section_seats AS s SET version = s.version + 1, booked = set_bit(s.booked, p.bit, 1)
      FROM (SELECT id, section, ${BIT} AS bit FROM seats) AS p JOIN claimed AS c ON c.seat_id = p.id
      WHERE s.event_id = $2::uuid AND s.section = p.section
    ),`;
const SEAT_IDS = `, 'seatIds', jsonb_build_array($13::uuid)`;
const SEAT_TOLD = `
      UNION ALL
      SELECT $14::uuid, 'seats.changed', $2::uuid, r.version, json_build_object('eventId', $2::uuid,
        'seats', json_build_array(json_build_object('id', $13::uuid, 'status', 'booked')))
      FROM raised AS r`;

const BOOK = { name: 'single_statement_book', text: bookStatement(false) };
const BOOK_SEAT = { name: 'single_statement_seat', text: bookStatement(true) };

/**
 * Everything in one guarded statement, one round trip, no lock but the row's. A repeated key is not replayed but refused by
 * the unique index: the benchmarks repeat none.
 * @param poolSize connections a shard
 */
export async function openSingleStatement(config: Config, poolSize: number): Promise<Strategy> {
  const pools = await ShardPools.open(config, poolSize);
  return {
    async book(...asked) {
      const wanted = wantedOf(...asked);
      const { slot, eventId, userId, ticketTypeId, quantity, seatId, key, bookingId, reference } = wanted;
      const { rows } = await pools.ofEvent(eventId).query<{ booking: BookingRecord }>({
        ...(seatId === null ? BOOK : BOOK_SEAT),
        values: [
          ...[ticketTypeId, eventId, quantity, bookingId, userId, reference],
          ...[slot, key.caller, key.key, key.fingerprint, newId(slot), newId(slot)],
          ...(seatId === null ? [] : [seatId, newId(slot)]),
        ],
      });
      if (!rows[0]) throw inventoryRefusals.sold_out('No places are left, or none are sold.');
      return { booking: rows[0].booking, replayed: false };
    },
    close: () => pools.close(),
  };
}
