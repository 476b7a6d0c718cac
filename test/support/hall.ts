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
