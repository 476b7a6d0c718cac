import type { Ask, RefusalFacts } from './command.js';
import { type EventInventory, type Terms, type TicketTypeState, personKey } from './inventory.js';

/** A request's wish for one type, with the type. */
export interface Wish {
  type: TicketTypeState;
  quantity: number;
}

/** Adds up the items of one type; refuses types of other events and quantities out of range. */
export function wishesOf(
  inventory: EventInventory,
  asks: readonly Ask[],
): { wishes: Wish[] } | { refused: RefusalFacts } {
  const wishes = new Map<string, Wish>();
  for (const [index, ask] of asks.entries()) {
    const type = inventory.types.get(ask.ticketTypeId);
    if (!type) return { refused: unknownType(index) };
    const wish = wishes.get(type.id);
    const quantity = (wish?.quantity ?? 0) + ask.quantity;
    if (!isQuantity(ask.quantity) || quantity > type.maxPerBooking) return { refused: outOfRange(type) };
    wishes.set(type.id, { type, quantity });
  }
  return { wishes: [...wishes.values()] };
}

/** Refuses what nobody can book any more, or yet. */
export function refuseUnlessOpen(terms: Terms, now: number): RefusalFacts | null {
  if (terms.status === 'published' && (terms.endsAt === null || now < terms.endsAt)) return null;
  return { code: 'event_not_bookable', detail: 'This event cannot be booked.' };
}

/** Refuses before and after the time of sales. */
export function refuseUnlessOnSale(terms: Terms, now: number): RefusalFacts | null {
  if (terms.salesStartAt !== null && now < terms.salesStartAt) {
    return { code: 'sales_closed', detail: 'Sales have not begun yet.' };
  }
  if (now >= endOfSales(terms)) return { code: 'sales_closed', detail: 'Sales are over.' };
  return null;
}

/** Sales end when the event starts, unless it says otherwise. */
export function endOfSales(terms: Terms): number {
  return terms.salesEndAt ?? terms.startsAt;
}

/** Refuses more than a person may have in live holds and bookings together. */
export function refuseAbovePersonLimit(
  inventory: EventInventory,
  userId: string,
  wishes: readonly Wish[],
): RefusalFacts | null {
  for (const { type, quantity } of wishes) {
    const limit = type.maxPerPerson;
    if (limit === null) continue;
    const have = inventory.taken.get(personKey(userId, type.id));
    if (have === undefined) throw new Error(`the places that a person has of ${type.id} were not read`);
    if (have + quantity > limit) {
      return {
        code: 'person_limit_reached',
        detail: `One person may have ${limit} of these tickets.`,
        members: { ticketTypeId: type.id, limit, have },
      };
    }
  }
  return null;
}

/** Refuses what is not there, and then what is there but promised to the queue. */
export function refuseUnlessAvailable(wishes: readonly Wish[]): RefusalFacts | null {
  for (const { type, quantity } of wishes) {
    if (quantity > type.available + type.offered + type.reserved) return soldOut(type);
  }
  for (const { type, quantity } of wishes) {
    if (quantity > type.available) {
      return {
        code: 'waitlist_first',
        detail: 'These places are offered to those who wait; join the waitlist.',
        members: { ticketTypeId: type.id, available: type.available },
      };
    }
  }
  return null;
}

function isQuantity(quantity: number): boolean {
  return Number.isSafeInteger(quantity) && quantity > 0;
}

function unknownType(index: number): RefusalFacts {
  const path = `items.${index}.ticketTypeId`;
  return {
    code: 'validation_failed',
    detail: `Invalid: ${path}.`,
    members: { errors: [{ path, message: 'is no ticket type of this event' }] },
  };
}

function outOfRange(type: TicketTypeState): RefusalFacts {
  return {
    code: 'quantity_out_of_range',
    detail: `A request may ask for 1 to ${type.maxPerBooking} of these tickets in all.`,
    members: { ticketTypeId: type.id, min: 1, max: type.maxPerBooking },
  };
}

function soldOut(type: TicketTypeState): RefusalFacts {
  return {
    code: 'sold_out',
    detail: type.available ? `Only ${type.available} places are left.` : 'No places are left.',
    members: { ticketTypeId: type.id, available: type.available },
  };
}
