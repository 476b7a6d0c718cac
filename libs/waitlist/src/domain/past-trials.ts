import type { Trial } from './calibration.js';
import { estimateOf } from './estimate.js';
import { paceOf } from './freed-places.js';
import { type Sales, pastOf, soldAt } from './sales-past.js';

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
    const sales = knownAt(day, bookings, asOf);
    const sold = soldAt(sales, days - 1);
    if (sold.reduce((sum, { places }) => sum + places, 0) < FEWEST_SOLD) return [];
    const pace = paceOf(pastOf(sales, days - 2));
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

/** What was known at the end of a day. */
function knownAt(day: number, bookings: readonly PastBooking[], asOf: number): Sales[] {
  const before = (at: number) => day - at - 1;
  return bookings
    .filter(({ bookedAt }) => bookedAt <= asOf)
    .map(({ bookedAt, canceledAt, quantity }) => ({
      soldOn: before(bookedAt),
      freedOn: canceledAt === null || canceledAt > asOf ? null : before(canceledAt),
      places: quantity,
    }));
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
