import { newId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { type Sale, type SaleOptions, openSale } from './sale.js';

export interface HallOptions extends SaleOptions {
  /** Rows by their numbers of seats, the front row first; `type` is that of the sale's, the first unless told. */
  sections: { name: string; rows: number[]; type?: number }[];
}

export interface Hall extends Sale {
  /** The id of a seat: `A1-12` is the twelfth of the first row of section A. */
  seat: (name: string) => string;
  /** All of them in physical order. */
  seatIds: string[];
}

const SECTION = `INSERT INTO sections (event_id, position, name, ticket_type_id, rows) VALUES ($1, $2, $3, $4, $5)`;
const SEAT = `
  INSERT INTO seats (id, event_id, section, row_position, seat_position, row_name, number, ticket_type_id)
  VALUES ($1, $2, $3, $4, $5::integer, $6, ($5::integer + 1)::text, $7)`;
const STATE = `
  INSERT INTO section_seats (event_id, section, held, booked, blocked)
  SELECT $1, $2, none, none, none FROM decode(repeat('00', $3), 'hex') AS none`;

/** An event with numbered seats on sale, written straight into its shard. Types that no section has are general. */
export async function openHall(shards: Shards, { sections, ...options }: HallOptions): Promise<Hall> {
  const types = (options.types ?? [{ capacity: 0 }]).map((type, i) => {
    const own = sections.filter((section) => (section.type ?? 0) === i);
    return own.length ? { ...type, capacity: own.flatMap(({ rows }) => rows).reduce(sum, 0) } : type;
  });
  const sale = await openSale(shards, { ...options, types });
  const names = new Map<string, string>();
  await shards.ofId(sale.eventId).transaction(async (tx) => {
    for (const [position, { name, rows, type = 0 }] of sections.entries()) {
      const typeId = sale.typeIds[type]!;
      await tx.query(`UPDATE ticket_types SET kind = 'seated' WHERE id = $1`, [typeId]);
      const drawn = JSON.stringify(rows.map((seats, row) => ({ name: `${row + 1}`, seats })));
      await tx.query(SECTION, [sale.eventId, position, name, typeId, drawn]);
      await tx.query(STATE, [sale.eventId, position, Math.ceil(rows.reduce(sum, 0) / 8)]);
      for (const [row, seats] of rows.entries()) {
        for (let at = 0; at < seats; at++) {
          const id = newId(options.slot ?? 0);
          names.set(`${name}${row + 1}-${at + 1}`, id);
          await tx.query(SEAT, [id, sale.eventId, position, row, at, `${row + 1}`, typeId]);
        }
      }
    }
  });
  return { ...sale, seat: (name) => names.get(name)!, seatIds: [...names.values()] };
}

const sum = (a: number, b: number) => a + b;

// In: an event. Out: seats in live holds and bookings, how many different ones, claims that differ from them, bits that differ
// from them, and ticket types whose counters differ from their bits.
const COMPARE = `
  WITH named AS (
    SELECT b.id AS owner_id, s.id::uuid AS seat_id, 'booked' AS status
    FROM bookings AS b CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
      CROSS JOIN LATERAL jsonb_array_elements_text(i.item -> 'seatIds') AS s (id)
    WHERE b.event_id = $1 AND b.status = 'confirmed'
    UNION ALL
    SELECT h.id, s.id::uuid, 'held'
    FROM holds AS h CROSS JOIN LATERAL jsonb_array_elements(h.items) AS i (item)
      CROSS JOIN LATERAL jsonb_array_elements_text(i.item -> 'seatIds') AS s (id)
    WHERE h.event_id = $1 AND h.status = 'active'
  ), placed AS (
    SELECT id, ticket_type_id, section,
      (row_number() OVER (PARTITION BY section ORDER BY row_position, seat_position) - 1)::integer AS n
    FROM seats WHERE event_id = $1
  ), bits AS (
    SELECT p.id, p.ticket_type_id, get_bit(s.held, p.n) AS held, get_bit(s.booked, p.n) AS booked,
      get_bit(s.blocked, p.n) AS blocked
    FROM placed AS p JOIN section_seats AS s ON s.event_id = $1 AND s.section = p.section
  )
  SELECT (SELECT count(*) FROM named)::integer AS named, (SELECT count(DISTINCT seat_id) FROM named)::integer AS different,
    (SELECT count(*) FROM seats WHERE event_id = $1)::integer - (SELECT count(*) FROM bits)::integer AS lost,
    (SELECT count(*) FROM named AS n FULL JOIN (SELECT * FROM seat_claims WHERE event_id = $1) AS c USING (owner_id, seat_id)
      WHERE n.status IS NULL OR c.event_id IS NULL)::integer AS claims,
    (SELECT count(*) FROM bits AS b FULL JOIN named AS n ON n.seat_id = b.id
      WHERE b.id IS NULL OR b.held + b.booked + b.blocked > 1 OR b.held <> (coalesce(n.status, '') = 'held')::integer
        OR b.booked <> (coalesce(n.status, '') = 'booked')::integer)::integer AS bits,
    (SELECT count(*) FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id AND t.kind = 'seated'
      JOIN LATERAL (SELECT sum(b.held) AS held, sum(b.booked) AS booked, count(*) - sum(b.blocked) AS capacity
        FROM bits AS b WHERE b.ticket_type_id = t.id) AS b ON true
      WHERE s.event_id = $1 AND (s.held <> b.held OR s.booked <> b.booked OR s.capacity <> b.capacity))::integer AS counters`;

/**
 * Throws unless live holds and bookings, claims, bitmaps and counters say the same of every seat, and nobody shares
 * one. Returns how many seats are taken by somebody.
 */
export async function compareSeats(shards: Shards, eventId: string): Promise<number> {
  const { rows } = await shards.ofId(eventId).primary.sql.query<Record<string, number>>(COMPARE, [eventId]);
  const { named, different, ...differences } = rows[0]!;
  if (named !== different || Object.values(differences).some((count) => count !== 0))
    throw new Error(`the seats are wrong: ${JSON.stringify(rows[0])}`);
  return named!;
}
