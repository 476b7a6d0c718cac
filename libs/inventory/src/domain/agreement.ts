import type { BookedItem } from './booking-record.js';
import {
  refuseAbovePersonLimit,
  refuseUnlessAvailable,
  refuseUnlessOnSale,
  refuseUnlessOpen,
  wishesOf,
} from './checks.js';
import type { BookCommand, HoldCommand, RefusalFacts } from './command.js';
import type { EventInventory } from './inventory.js';
import { chooseSeats, refuseTakenSeats, seatWishesOf } from './seats/seat-choice.js';

/** Who asks for what. */
type Buyer = Pick<HoldCommand | BookCommand, 'userId' | 'asks' | 'plan'>;

/** What a buyer can have at today's prices: all that is asked, or the first refusal in order of precedence. */
export function agree(
  inventory: EventInventory,
  { userId, asks, plan = null }: Buyer,
  now: number,
): { items: BookedItem[] } | { refused: RefusalFacts } {
  const asked = wishesOf(inventory, asks);
  if ('refused' in asked) return asked;
  const { wishes } = asked;
  const found = seatWishesOf(inventory, asks, plan);
  if ('refused' in found) return found;
  const { seatWishes } = found;
  const refused =
    refuseUnlessOpen(inventory.terms, now) ??
    refuseUnlessOnSale(inventory.terms, now) ??
    refuseTakenSeats(inventory, seatWishes) ??
    refuseAbovePersonLimit(inventory, userId, wishes) ??
    refuseUnlessAvailable(wishes);
  if (refused) return { refused };
  const choice = chooseSeats(inventory, seatWishes);
  if ('refused' in choice) return choice;
  const items = wishes.map(({ type, quantity }) => ({
    ticketTypeId: type.id,
    quantity,
    unitAmount: type.price,
    priceVersion: type.priceVersion,
    ...choice.chosen.get(type.id),
  }));
  return { items };
}

/** Minor units. */
export function totalOf(items: readonly BookedItem[]): number {
  return items.reduce((sum, item) => sum + item.quantity * item.unitAmount, 0);
}
