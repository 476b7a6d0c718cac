import type pg from 'pg';
import { inventoryRefusals } from '#libs/inventory';
import type { Wanted } from './strategy.js';

/** Seats in each physical row of the benchmark's halls, so that a seat's place in its section's bitmaps is a product. */
export const SEATS_A_ROW = 100;

/** In SQL, of a row of `seats`: the bit in its section's bitmaps, in physical order. */
export const BIT = `row_position * ${SEATS_A_ROW} + seat_position`;

const CLAIMED = {
  name: 'textbook_claimed',
  text: 'SELECT 1 FROM seat_claims WHERE event_id = $1 AND seat_id = $2',
};
const CLAIM = {
  name: 'textbook_claim',
  text: 'INSERT INTO seat_claims (event_id, seat_id, owner_id) VALUES ($1, $2, $3)',
};
const MARK = {
  name: 'textbook_mark',
  text: `
    UPDATE section_seats AS s SET version = s.version + 1, booked = set_bit(s.booked, p.bit, 1)
    FROM (SELECT section, ${BIT} AS bit FROM seats WHERE id = $2) AS p
    WHERE s.event_id = $1 AND s.section = p.section`,
};
const TELL = {
  name: 'textbook_tell_seats',
  text: `INSERT INTO outbox (id, type, subject, subject_version, payload) VALUES ($1, 'seats.changed', $2, $3, $4)`,
};

/** Takes the seat of a booking in the textbook's transaction, under its locks; throws `seat_taken`. */
export async function takeSeat(tx: pg.PoolClient, { eventId, seatId, bookingId }: Wanted): Promise<void> {
  const { rowCount } = await tx.query({ ...CLAIMED, values: [eventId, seatId] });
  if (rowCount) throw inventoryRefusals.seat_taken('Somebody has this seat.');
  await tx.query({ ...CLAIM, values: [eventId, seatId, bookingId] });
  await tx.query({ ...MARK, values: [eventId, seatId] });
}

/** Writes down that it was taken. */
export async function tellSeat(
  tx: pg.PoolClient,
  { eventId, seatId }: Wanted,
  id: string,
  version: number,
): Promise<void> {
  const payload = JSON.stringify({ eventId, seats: [{ id: seatId, status: 'booked' }] });
  await tx.query({ ...TELL, values: [id, eventId, version, payload] });
}
