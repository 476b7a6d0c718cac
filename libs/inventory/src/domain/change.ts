import type { BookedItem, BookingRecord } from './booking-record.js';
import type { CheckInRecord } from './check-in-record.js';
import type { HoldRecord } from './hold-record.js';
import { type EventInventory, personKey } from './inventory.js';
import type { SeatPlace } from './seats/seat-plan.js';
import { type EntryRecord, isLiving } from './waitlist/entry-record.js';
import { WaitingQueue } from './waitlist/waiting-queue.js';

/** What a decision does to an event's inventory. Numbers are deltas. */
export type Change =
  | { kind: 'stock'; ticketTypeId: string; available: number; held: number; booked: number }
  | { kind: 'seat'; seatId: string; place: SeatPlace; from: Possession; to: Possession }
  | { kind: 'held'; hold: HoldRecord }
  /** Consumed, expired or released, as the hold's status says. */
  | { kind: 'unheld'; hold: HoldRecord }
  | { kind: 'booked'; booking: BookingRecord }
  | { kind: 'canceled'; booking: BookingRecord; reason: string | null }
  | { kind: 'checkedIn'; checkIn: CheckInRecord }
  /** Parts of what is held, and how many wait. */
  | { kind: 'queue'; ticketTypeId: string; offered: number; reserved: number; waiting: number }
  /** A waitlist entry as it then is, and what happened to it; `null`: nothing to tell anybody of. */
  | { kind: 'entry'; entry: EntryRecord; news: EntryNews | null; offer: HoldRecord | null };

export type EntryNews = 'joined' | 'moved' | 'offered' | 'expired' | 'ended';

/** What places are, and for whom: a hold, a booking, nobody. */
export interface Possession {
  status: 'free' | 'held' | 'booked';
  owner: string | null;
}

export const FREE: Possession = { status: 'free', owner: null };
export const heldBy = (holdId: string): Possession => ({ status: 'held', owner: holdId });
export const bookedBy = (bookingId: string): Possession => ({ status: 'booked', owner: bookingId });

const COUNTER = { free: 'available', held: 'held', booked: 'booked' } as const;

/** The changes of counters and seats when these places move. */
export function move(items: readonly BookedItem[], from: Possession, to: Possession): Change[] {
  return items.flatMap(({ ticketTypeId, quantity, seatIds = [], seats = [] }): Change[] => [
    {
      kind: 'stock',
      ticketTypeId,
      ...{ available: 0, held: 0, booked: 0 },
      [COUNTER[from.status]]: -quantity,
      [COUNTER[to.status]]: quantity,
    },
    ...seatIds.map((seatId, i): Change => ({ kind: 'seat', seatId, place: seats[i]!.place, from, to })),
  ]);
}

/** Carries a decision over to the inventory in memory, so that the batch's next command sees it. */
export function apply(inventory: EventInventory, change: Change): void {
  switch (change.kind) {
    case 'stock': {
      // A type that no other command of the batch names was not read.
      const type = inventory.types.get(change.ticketTypeId);
      if (!type) return;
      type.available += change.available;
      type.held += change.held;
      type.booked += change.booked;
      if (change.available > 0) {
        inventory.freed.set(type.id, (inventory.freed.get(type.id) ?? 0) + change.available);
      } else if (inventory.freed.has(type.id)) {
        // What the same decision takes again did not come free for others.
        inventory.freed.set(type.id, Math.max(0, inventory.freed.get(type.id)! + change.available));
      }
      return;
    }
    case 'queue': {
      const type = inventory.types.get(change.ticketTypeId);
      if (!type) return;
      type.offered += change.offered;
      type.reserved += change.reserved;
      type.waiting += change.waiting;
      // What was reserved for those who left is for others.
      if (change.waiting < 0) inventory.freed.set(type.id, inventory.freed.get(type.id) ?? 0);
      return;
    }
    case 'entry':
      if (change.news === 'joined') inventory.joined++;
      return putEntry(inventory, change.entry);
    case 'seat': {
      const { section, at } = change.place;
      const seats = inventory.seats.get(section);
      if (!seats) throw new Error(`section ${section} of event ${inventory.eventId} was not read`);
      seats.move(at, change.from.status, change.to.status);
      return;
    }
    case 'held':
      countPerson(inventory, change.hold.userId, change.hold.items, 1);
      inventory.holds.set(change.hold.id, change.hold);
      return;
    case 'unheld':
      // What had lapsed was not counted: the limit a person is about live holds.
      if (change.hold.status !== 'expired') countPerson(inventory, change.hold.userId, change.hold.items, -1);
      inventory.holds.set(change.hold.id, change.hold);
      return;
    case 'booked':
      countPerson(inventory, change.booking.userId, change.booking.items, 1);
      return;
    case 'canceled':
      countPerson(inventory, change.booking.userId, change.booking.items, -1);
      inventory.bookings.set(change.booking.id, change.booking);
      return;
    case 'checkedIn': {
      const { bookingId, number, at } = change.checkIn;
      const known = inventory.checkIns.get(bookingId) ?? new Map<number, number>();
      inventory.checkIns.set(bookingId, known.set(number, at));
      return;
    }
  }
}

/** Takes an entry as it was read, or as it now is. */
export function putEntry(inventory: EventInventory, entry: EntryRecord): void {
  const { ticketTypeId } = entry;
  const person = personKey(entry.userId, ticketTypeId);
  inventory.entries.set(entry.id, entry);
  if (isLiving(entry)) inventory.living.set(person, entry.id);
  else if (inventory.living.get(person) === entry.id) inventory.living.delete(person);
  const queue = inventory.queues.get(ticketTypeId) ?? new WaitingQueue();
  inventory.queues.set(ticketTypeId, queue);
  queue.put(entry);
}

function countPerson(
  inventory: EventInventory,
  userId: string,
  items: readonly BookedItem[],
  sign: 1 | -1,
): void {
  for (const item of items) {
    const key = personKey(userId, item.ticketTypeId);
    const before = inventory.taken.get(key);
    if (before !== undefined) inventory.taken.set(key, before + sign * item.quantity);
  }
}
