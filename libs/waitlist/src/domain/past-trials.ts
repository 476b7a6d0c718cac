import type { Trial } from './calibration.js';
import { estimateOf } from './estimate.js';
import { paceOf } from './freed-places.js';
import { type SalesDay, pastOf } from './sales-past.js';

/** A booking of an event that is over. Days are whole numbers since 1970. */
export interface PastBooking {
  bookedAt: number;
  canceledAt: number | null;
  quantity: number;
}

/** Below this many places nobody would speak of a waitlist. */
const FEWEST_SOLD = 10;
/** In this past nobody declined. */
const ALL_ACCEPT = { made: 1e6, accepted: 1e6 };

/**
 * Estimates of entries that had joined some days before an event's day, with some places asked for ahead of them, from what was
 * known by the end of that day; and what became of the places that were sold then.
 */
export function pastTrials(
  day: number,
  bookings: readonly PastBooking[],
  daysBefore: readonly number[],
  ahead: readonly number[],
): Trial[] {
  return daysBefore.flatMap((days) => {
    const asOf = day - days;
    const sold = soldAt(bookings, asOf);
    if (sold < FEWEST_SOLD) return [];
    const pace = paceOf(pastOf(knownAt(day, bookings, asOf), days - 2));
    const frees = freesAfter(bookings, asOf, day);
    return ahead.map((places) => {
      const outlook = { sold, ahead: { entries: places, places }, quantity: 1, offers: ALL_ACCEPT };
      const left = { daysToStart: days - 1, daysLeft: days - 1 };
      const served = frees[places];
      return {
        estimate: estimateOf({ ...outlook, ...left }, pace),
        // In the middle of its day.
        servedAfter: served === undefined ? null : (served - asOf - 0.5) * 86_400,
        kind: `${days} days before, ${places} ahead`,
      };
    });
  });
}

/** Places sold at the end of a day. */
function soldAt(bookings: readonly PastBooking[], day: number): number {
  let sold = 0;
  for (const { bookedAt, canceledAt, quantity } of bookings) {
    if (bookedAt <= day && (canceledAt === null || canceledAt > day)) sold += quantity;
  }
  return sold;
}

/** What was known at the end of a day. */
function knownAt(day: number, bookings: readonly PastBooking[], asOf: number): SalesDay[] {
  const days = new Map<number, SalesDay>();
  const on = (at: number) => {
    const found = days.get(at) ?? { day: day - at - 1, sold: 0, freed: 0, freedAtOnce: 0 };
    days.set(at, found);
    return found;
  };
  for (const { bookedAt, canceledAt, quantity } of bookings) {
    if (bookedAt > asOf) continue;
    on(bookedAt).sold += quantity;
    if (canceledAt === null || canceledAt > asOf) continue;
    on(canceledAt)[canceledAt === bookedAt ? 'freedAtOnce' : 'freed'] += quantity;
  }
  return [...days.values()];
}

/** The days on which the places sold by `asOf` come free before the event's, one element a place. */
function freesAfter(bookings: readonly PastBooking[], asOf: number, day: number): number[] {
  const frees: number[] = [];
  for (const { bookedAt, canceledAt, quantity } of bookings) {
    if (bookedAt > asOf || canceledAt === null || canceledAt <= asOf || canceledAt >= day) continue;
    for (let i = 0; i < quantity; i++) frees.push(canceledAt);
  }
  return frees.sort((a, b) => a - b);
}
