import { type GroupBook, type Occasion, type Snapshot, weekdayOf } from './booking-ledger.js';

/**
 * Pickup: what occasions of the same kind still sold between this horizon and their end.
 * Source: K. T. Talluri, G. J. van Ryzin, "The Theory and Practice of Revenue Management" (2004), section 9.3.8.
 */
const LIKE_OCCASIONS = 8;
const FEWEST_OF_A_WEEKDAY = 3;

/**
 * The last 8 completed occasions on the same weekday; where a group has fewer than 3 of those, its last 8 of
 * any weekday. Latest first; empty for a group that has completed none.
 */
export function likeOccasions(snapshot: Snapshot, book: GroupBook, day: number): readonly Occasion[] {
  const sameWeekday = snapshot.completedOn(book, weekdayOf(day), LIKE_OCCASIONS);
  if (sameWeekday.length >= FEWEST_OF_A_WEEKDAY) return sameWeekday;
  return snapshot.completed(book, LIKE_OCCASIONS);
}

export interface LikeHistory {
  count: number;
  /** Sums over the like occasions: final units, and those on the books `horizon` days before. */
  finals: number;
  onBooks: number;
}

export function likeHistory(snapshot: Snapshot, like: readonly Occasion[], horizon: number): LikeHistory {
  let finals = 0;
  let onBooks = 0;
  for (const occasion of like) {
    finals += snapshot.finalOf(occasion);
    onBooks += snapshot.onBooks(occasion, occasion.day - horizon);
  }
  return { count: like.length, finals, onBooks };
}

/** On the books plus the mean pickup of like occasions; at least 0. With no history it is what is on the books. */
export function additivePickup(onBooks: number, { count, finals, onBooks: before }: LikeHistory): number {
  return count === 0 ? onBooks : Math.max(0, onBooks + (finals - before) / count);
}

/**
 * On the books divided by the share that like occasions had sold by then. Where those had sold nothing it is
 * their mean final: a ratio to nothing says nothing.
 */
export function multiplicativePickup(
  onBooks: number,
  { count, finals, onBooks: before }: LikeHistory,
): number {
  if (count === 0) return onBooks;
  return before > 0 ? (onBooks * finals) / before : finals / count;
}
