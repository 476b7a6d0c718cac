import { createHash } from 'node:crypto';
import type { Sale } from '../../test/support/sale.js';
import { newMasterId } from '#libs/kernel';
import type { Strategy } from '../strategies/strategy.js';
import type { Send } from './load.js';

const FINGERPRINT = createHash('sha256').update('benchmark').digest();
/** Buyers, who take turns: making an id for every request would be work of the generator's. */
const BUYERS = Array.from({ length: 1000 }, newMasterId);

let runs = 0;

/** Requests for one place each, at events in turn, each by another buyer and under a key of its own. */
export function bookOne(strategy: Strategy, sales: readonly Sale[]): Send {
  const run = ++runs;
  return async (_client, n) => {
    const sale = sales[n % sales.length]!;
    const caller = BUYERS[n % BUYERS.length]!;
    const key = { caller, key: `${process.pid}-${run}-${n}`, fingerprint: FINGERPRINT };
    const asks = [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }];
    const { booking } = await strategy.book(sale.eventId, caller, asks, key);
    return { booked: booking.id, quantity: 1 };
  };
}
