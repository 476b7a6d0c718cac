import { randomBytes } from 'node:crypto';
import { newId, slotOfId } from '#libs/kernel';
import type { Ask, InventoryService, RequestKey } from '#libs/inventory';

export const STRATEGIES = ['textbook', 'single-statement', 'lane'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

/** A way to book, as the product's own: the baselines take its place behind the same door. */
export interface Strategy extends Pick<InventoryService, 'book'> {
  close(): Promise<void>;
}

/** What a baseline is asked: one item, under a key. More they cannot, and need not. */
export interface Wanted {
  slot: number;
  eventId: string;
  userId: string;
  ticketTypeId: string;
  quantity: number;
  /** The seat that is wanted; null where any place will do. */
  seatId: string | null;
  key: RequestKey;
  bookingId: string;
  reference: string;
}

export function wantedOf(
  eventId: string,
  userId: string,
  asks: readonly Ask[],
  key: RequestKey | null,
): Wanted {
  const [ask] = asks as readonly { ticketTypeId?: string; quantity?: number; seatIds?: readonly string[] }[];
  const slot = slotOfId(eventId);
  const seatId = ask?.seatIds?.[0] ?? null;
  const quantity = ask?.seatIds?.length ?? ask?.quantity;
  if (
    slot === null ||
    !key ||
    asks.length !== 1 ||
    !ask?.ticketTypeId ||
    !quantity ||
    (seatId && quantity > 1)
  )
    throw new Error('the baselines book one item, by quantity or by one seat, with an Idempotency-Key');
  const { ticketTypeId } = ask;
  const bookingId = newId(slot);
  const reference = randomBytes(8).toString('hex');
  return { slot, eventId, userId, ticketTypeId, quantity, seatId, key, bookingId, reference };
}

/** One item of assigned seats. */
export interface SeatAsk {
  ticketTypeId: string;
  seatIds: string[];
}
