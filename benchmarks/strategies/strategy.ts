import { randomBytes } from 'node:crypto';
import { newId, slotOfId } from '#libs/kernel';
import type { Ask, BookingAnswer, InventoryService, RequestKey } from '#libs/inventory';

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
  const [ask] = asks;
  const slot = slotOfId(eventId);
  if (slot === null || !key || asks.length !== 1 || !('quantity' in ask!) || ask.quantity === undefined)
    throw new Error('the baselines book one item by quantity, with an Idempotency-Key');
  const { ticketTypeId, quantity } = ask;
  const bookingId = newId(slot);
  const reference = randomBytes(8).toString('hex');
  return { slot, eventId, userId, ticketTypeId, quantity, key, bookingId, reference };
}

export type { Ask, BookingAnswer, RequestKey };
