import type { BookedItem } from './booking-record.js';
import {
  refuseAbovePersonLimit,
  refuseUnlessAvailable,
  refuseUnlessOnSale,
  refuseUnlessOpen,
  wishesOf,
} from './checks.js';
import type { Ask, RefusalFacts } from './command.js';
import type { EventInventory } from './inventory.js';

/** Who asks for what. */
interface Buyer {
  userId: string;
  asks: readonly Ask[];
}

/** What a buyer can have at today's prices: all that is asked, or the first refusal in order of precedence. */
export function agree(
  inventory: EventInventory,
  { userId, asks }: Buyer,
  now: number,
): { items: BookedItem[] } | { refused: RefusalFacts } {
  const asked = wishesOf(inventory, asks);
  if ('refused' in asked) return asked;
  const { wishes } = asked;
  const refused =
    refuseUnlessOpen(inventory.terms, now) ??
    refuseUnlessOnSale(inventory.terms, now) ??
    refuseAbovePersonLimit(inventory, userId, wishes) ??
    refuseUnlessAvailable(wishes);
  if (refused) return { refused };
  const items = wishes.map(({ type, quantity }) => ({
    ticketTypeId: type.id,
    quantity,
    unitAmount: type.price,
    priceVersion: type.priceVersion,
  }));
  return { items };
}

/** Minor units. */
export function totalOf(items: readonly BookedItem[]): number {
  return items.reduce((sum, item) => sum + item.quantity * item.unitAmount, 0);
}
