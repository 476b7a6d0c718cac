import type { Ask, RefusalFacts } from './command.js';
import { type EventInventory, type Terms, type TicketTypeState, personKey } from './inventory.js';

/** A request's wish for one type, with the type. */
export interface Wish {
  type: TicketTypeState;
  quantity: number;
}

/** How many places an item is about. */
export function quantityOf(ask: Ask): number {
  return 'seatIds' in ask ? ask.seatIds.length : ask.quantity;
}

/** Adds up the items of one type; refuses types of other events or of the other kind, and quantities out of range. */
export function wishesOf(
  inventory: EventInventory,
  asks: readonly Ask[],
): { wishes: Wish[] } | { refused: RefusalFacts } {
  const wishes = new Map<string, Wish>();
  for (const [index, ask] of asks.entries()) {
    const type = inventory.types.get(ask.ticketTypeId);
    if (!type) return { refused: invalid(index, 'ticketTypeId', 'is no ticket type of this event') };
    const otherKind = refuseOtherKind(type, ask, index);
    if (otherKind) return { refused: otherKind };
    const quantity = (wishes.get(type.id)?.quantity ?? 0) + quantityOf(ask);
    if (!isQuantity(quantityOf(ask)) || quantity > type.maxPerBooking) return { refused: outOfRange(type) };
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
export function endOfSales(terms: Pick<Terms, 'startsAt' | 'salesEndAt'>): number {
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

function refuseOtherKind({ kind }: TicketTypeState, ask: Ask, index: number): RefusalFacts | null {
  const named = 'seatIds' in ask;
  if (kind === 'seated' && !named && !ask.bestAvailable) {
    return invalid(index, 'quantity', 'needs bestAvailable: true, or name seatIds: these tickets have seats');
  }
  if (kind === 'general' && (named || ask.bestAvailable)) {
    const member = named ? 'seatIds' : 'bestAvailable';
    return invalid(index, member, 'must not be given: these tickets have no seats');
  }
  return null;
}

/** What is wrong with a member of an item. */
export function invalid(index: number, member: string, message: string): RefusalFacts {
  const path = `items.${index}.${member}`;
  return {
    code: 'validation_failed',
    detail: `Invalid: ${path}.`,
    members: { errors: [{ path, message }] },
  };
}

/** The quantity is none that a request may ask for. */
export function outOfRange(type: TicketTypeState): RefusalFacts {
  return {
    code: 'quantity_out_of_range',
    detail: `A request may ask for 1 to ${type.maxPerBooking} of these tickets in all.`,
    members: { ticketTypeId: type.id, min: 1, max: type.maxPerBooking },
  };
}

export function soldOut(
  type: TicketTypeState,
  detail = type.available ? `Only ${type.available} places are left.` : 'No places are left.',
): RefusalFacts {
  return {
    code: 'sold_out',
    detail,
    members: { ticketTypeId: type.id, available: type.available },
  };
}
