import type { Sale } from '../../test/support/sale.js';
import { newIds } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { SEATS_A_ROW } from '../strategies/seat-writes.js';
import type { Ledger } from './ledger.js';
import { type Verified, emptyVerdict } from './sale.invariants.js';
import { openSales } from './sales.js';

/** An event with assigned seats. */
export interface Hall extends Sale {
  /** Seats in an order that jumps about the hall, as buyers do. */
  seatIds: string[];
}

const ROWS_A_SECTION = 20;
const SEATS_A_SECTION = ROWS_A_SECTION * SEATS_A_ROW;

const SEATED = `UPDATE ticket_types SET kind = 'seated' WHERE id = $1`;
const SECTIONS = `
  INSERT INTO sections (event_id, position, name, ticket_type_id, rows)
  SELECT $1, s, 'Block ' || s, $2, (SELECT jsonb_agg(jsonb_build_object('name', r::text, 'seats', $4::integer))
    FROM generate_series(1, $5::integer) AS r)
  FROM generate_series(0, $3::integer - 1) AS s`;
// In: seats in physical order, section after section.
const SEATS = `
  INSERT INTO seats (id, event_id, section, row_position, seat_position, row_name, number, ticket_type_id)
  SELECT id, $1, n / ($4::integer * $5::integer), n / $4 % $5, n % $4, (n / $4 % $5 + 1)::text, (n % $4 + 1)::text, $2
  FROM (SELECT id, (at - 1)::integer AS n FROM unnest($3::uuid[]) WITH ORDINALITY AS s (id, at)) AS s`;
const BITMAPS = `
  INSERT INTO section_seats (event_id, section, held, booked, blocked)
  SELECT $1, s, none, none, none
  FROM generate_series(0, $2::integer - 1) AS s, (SELECT decode(repeat('00', $3::integer), 'hex') AS none) AS n`;

/** Opens an event whose places are so many sections of 2,000 seats. */
export async function openHall(shards: Shards, slot: number, sections: number): Promise<Hall> {
  const count = sections * SEATS_A_SECTION;
  const [sale] = await openSales(shards, [slot], count);
  const [typeId] = sale!.typeIds;
  const ids = newIds(slot, count);
  await shards.ofSlot(slot).transaction(async (tx) => {
    await tx.query(SEATED, [typeId]);
    await tx.query(SECTIONS, [sale!.eventId, typeId, sections, SEATS_A_ROW, ROWS_A_SECTION]);
    await tx.query(SEATS, [sale!.eventId, typeId, ids, SEATS_A_ROW, ROWS_A_SECTION]);
    await tx.query(BITMAPS, [sale!.eventId, sections, Math.ceil(SEATS_A_SECTION / 8)]);
  });
  // 7,919 is a prime that divides no hall, so that each seat comes once.
  return { ...sale!, seatIds: ids.map((_, n) => ids[(n * 7919) % count]!) };
}

// In: an event. Out: claims, those without a confirmed booking that names the seat, seats that are named by bookings, bits that
// are set, seats that were announced as booked, and how often in all.
const SEAT_COUNTS = `
  WITH named AS (
    SELECT b.id, s.seat_id::uuid FROM bookings AS b CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
    CROSS JOIN LATERAL jsonb_array_elements_text(i.item -> 'seatIds') AS s (seat_id)
    WHERE b.event_id = $1 AND b.status = 'confirmed'
  ), told AS (
    SELECT (s.seat ->> 'id')::uuid AS seat_id FROM outbox AS o CROSS JOIN LATERAL json_array_elements(o.payload -> 'seats') AS s (seat)
    WHERE o.subject = $1 AND o.type = 'seats.changed' AND s.seat ->> 'status' = 'booked'
  )
  SELECT (SELECT count(*) FROM seat_claims WHERE event_id = $1)::integer AS claims,
    (SELECT count(*) FROM seat_claims AS c WHERE event_id = $1 AND NOT EXISTS (
      SELECT FROM named AS n WHERE n.id = c.owner_id AND n.seat_id = c.seat_id))::integer AS unfounded,
    (SELECT count(*) FROM named)::integer AS named,
    (SELECT count(DISTINCT seat_id) FROM named)::integer AS seats,
    (SELECT sum(bit_count(booked)) FROM section_seats WHERE event_id = $1)::integer AS bits,
    (SELECT count(DISTINCT seat_id) FROM told)::integer AS told,
    (SELECT count(*) FROM told)::integer AS tellings`;

/** What is to hold of seats, beside what holds of every sale. */
export async function verifySeats(shards: Shards, hall: Hall, ledger: Ledger): Promise<Verified> {
  const { faults } = emptyVerdict();
  const { rows } = await shards.ofId(hall.eventId).primary.sql.query<Counts>(SEAT_COUNTS, [hall.eventId]);
  const { claims, unfounded, named, seats, bits, told, tellings } = rows[0]!;
  if (seats !== named) faults.push(`${named - seats} seats were sold twice`);
  if (claims !== named || unfounded)
    faults.push(`${named} seats in bookings, ${claims} claims, ${unfounded} unfounded`);
  if (bits !== named) faults.push(`${named} seats in bookings, ${bits} in the bitmaps`);
  if (told !== named || tellings !== named) faults.push(`${named} seats in bookings, ${told} announced`);
  if (named < ledger.places) faults.push(`${ledger.places} seats acknowledged, ${named} booked`);
  return { faults, checked: { seats: named } };
}

interface Counts {
  claims: number;
  unfounded: number;
  named: number;
  seats: number;
  bits: number;
  told: number;
  tellings: number;
}
