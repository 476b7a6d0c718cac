import type { CheckInCommand, RefusalFacts } from './command.js';
import type { Decision } from './decision.js';
import type { EventInventory } from './inventory.js';

/** A ticket that came through the door. */
export interface CheckInRecord {
  bookingId: string;
  /** Which of the booking's admissions, from 1. */
  number: number;
  eventId: string;
  /** The user or api key that scanned it. */
  by: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** Lets a ticket in, once. */
export function decideCheckIn(inventory: EventInventory, command: CheckInCommand, now: number): Decision {
  const { bookingId, number, eventId, by } = command;
  const booking = inventory.bookings.get(bookingId);
  const admissions = booking?.items.reduce((sum, item) => sum + item.quantity, 0) ?? 0;
  if (!booking || booking.eventId !== eventId || number > admissions) {
    return { refused: { code: 'not_found', detail: 'There is no such ticket.' } };
  }
  if (booking.status === 'canceled') {
    return { refused: { code: 'admission_canceled', detail: 'The booking of this ticket was canceled.' } };
  }
  const before = inventory.checkIns.get(bookingId)?.get(number);
  if (before !== undefined) return { refused: alreadyCheckedIn(before) };
  const checkIn = { bookingId, number, eventId, by, at: now };
  return { changes: [{ kind: 'checkedIn', checkIn }], outcome: { booking, checkIn } };
}

/** Refuses what is no longer possible once a ticket of the booking came through the door. */
export function refuseAfterCheckIn(inventory: EventInventory, bookingId: string): RefusalFacts | null {
  const [first] = inventory.checkIns.get(bookingId)?.values() ?? [];
  return first === undefined ? null : alreadyCheckedIn(first);
}

function alreadyCheckedIn(at: number): RefusalFacts {
  return {
    code: 'already_checked_in',
    detail: 'A ticket was checked in already.',
    members: { checkedInAt: new Date(at).toISOString() },
  };
}
