import { createHash } from 'node:crypto';
import type { Sale } from '../../test/support/sale.js';
import type { Ask } from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import type { SeatAsk, Strategy } from '../strategies/strategy.js';
import type { Hall } from './halls.js';
import type { Send } from './load.js';

const FINGERPRINT = createHash('sha256').update('benchmark').digest();
/** Buyers, who take turns: making an id for every request would be work of the generator's. */
const BUYERS = Array.from({ length: 1000 }, newMasterId);

/** A strategy, or the product's own service. */
type Books = Pick<Strategy, 'book'>;

let runs = 0;

/** Requests for one place each, at events in turn, each by another buyer and under a key of its own. */
export function bookOne(strategy: Books, sales: readonly Sale[]): Send {
  return bookAll(strategy, (n) => {
    const sale = sales[n % sales.length]!;
    return { eventId: sale.eventId, ask: { ticketTypeId: sale.typeIds[0]!, quantity: 1 } };
  });
}

/** The same for one seat each, in the hall's order: no seat is asked for twice. */
export function bookSeats(strategy: Books, { eventId, typeIds, seatIds }: Hall): Send {
  return bookAll(strategy, (n) => {
    const ask: SeatAsk = { ticketTypeId: typeIds[0]!, seatIds: [seatIds[n]!] };
    return { eventId, ask };
  });
}

function bookAll(strategy: Books, wish: (n: number) => { eventId: string; ask: Ask }): Send {
  const run = ++runs;
  return async (_client, n) => {
    const caller = BUYERS[n % BUYERS.length]!;
    const key = { caller, key: `${process.pid}-${run}-${n}`, fingerprint: FINGERPRINT };
    const { eventId, ask } = wish(n);
    const { booking } = await strategy.book(eventId, caller, [ask], key);
    return { booked: booking.id, quantity: 1 };
  };
}
