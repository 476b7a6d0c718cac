import { type BookingLedger, type GroupBook, Snapshot, weekdayOf } from './booking-ledger.js';
import type { Target } from './forecaster.js';

const WEEKS_LOOKED_BACK = 8;
const FEWEST_WEEKS = 2;

/**
 * The occasions of a group from `from` to `to` (days, ends included) that can be expected at a snapshot: those
 * that a booking already names, and those of the weekdays on which the group has had one in at least half of
 * the last eight weeks (or of those since its first).
 */
export function expectedOccasions(snapshot: Snapshot, book: GroupBook, from: number, to: number): number[] {
  const weekdays = usualWeekdays(snapshot, book);
  const days: number[] = [];
  for (let day = from; day <= to; day++) {
    const occasion = book.at(day);
    if (weekdays.has(weekdayOf(day)) || (occasion && snapshot.isKnown(occasion))) days.push(day);
  }
  return days;
}

function usualWeekdays(snapshot: Snapshot, book: GroupBook): Set<number> {
  const first = snapshot.completed(book)[0];
  if (!first) return new Set();
  const weeks = Math.min(WEEKS_LOOKED_BACK, Math.floor((snapshot.day - first.day) / 7) + 1);
  if (weeks < FEWEST_WEEKS) return new Set();
  const seen = new Array<number>(7).fill(0);
  const recent = snapshot
    .completed(book, 7 * weeks)
    .filter((occasion) => occasion.day > snapshot.day - 7 * weeks);
  for (const occasion of recent) seen[weekdayOf(occasion.day)]!++;
  return new Set(seen.flatMap((count, weekday) => (count >= weeks / 2 ? [weekday] : [])));
}

/** What to forecast at the end of `asOf`: every expected occasion of every group known by then. */
export function targetsAsOf(ledger: BookingLedger, asOf: number, from: number, to: number): Target[] {
  const snapshot = new Snapshot(asOf);
  return ledger.groups().flatMap((book) =>
    expectedOccasions(snapshot, book, from, to).map((occasion) => ({
      group: book.name,
      occasion,
      horizon: occasion - asOf,
    })),
  );
}

/** What to forecast in a backtest: every occasion in the ledger from `from` to `to`, at each horizon. */
export function targetsOfBacktest(
  ledger: BookingLedger,
  from: number,
  to: number,
  horizons: readonly number[],
): Target[] {
  return ledger
    .groups()
    .flatMap((book) =>
      book.occasions
        .filter(({ day }) => day >= from && day <= to)
        .flatMap(({ day }) => horizons.map((horizon) => ({ group: book.name, occasion: day, horizon }))),
    );
}
