import { BookingLedger, Snapshot } from './booking-ledger.js';
import { additivePickup, likeHistory, likeOccasions, multiplicativePickup } from './pickup.js';

/** One group with an occasion on each given day: 10 units booked 20 days before, `late` units 2 days before. */
function bookOf(days: number[], late: (day: number) => number) {
  const ledger = new BookingLedger();
  for (const day of days) {
    const part = { group: 'a', occasion: day, canceledAt: null, price: null };
    ledger.add({ ...part, bookedAt: day - 20, quantity: 10 });
    if (late(day) > 0) ledger.add({ ...part, bookedAt: day - 2, quantity: late(day) });
  }
  return ledger.group('a')!;
}

describe('Pickup', () => {
  const daily = bookOf(
    Array.from({ length: 120 }, (_, i) => 1000 + i),
    (day) => (day % 7 === 0 ? 6 : 2),
  );

  it('is taken from the last 8 occasions on the same weekday', () => {
    const like = likeOccasions(new Snapshot(1100), daily, 1113);
    expect(like.map((o) => o.day)).toEqual([1099, 1092, 1085, 1078, 1071, 1064, 1057, 1050]);
    expect(like.every((o) => o.day % 7 === 1113 % 7)).toBe(true);
  });

  it('adds the mean of what they still sold, or divides by the share they had sold', () => {
    const snapshot = new Snapshot(1110);
    const history = likeHistory(snapshot, likeOccasions(snapshot, daily, 1113), 3);
    expect(history).toEqual({ count: 8, finals: 8 * 16, onBooks: 80 });
    expect(additivePickup(10, history)).toBe(16);
    expect(additivePickup(25, history)).toBe(31);
    expect(multiplicativePickup(25, history)).toBe(40);
  });

  it('falls back on any weekday for a young group, and on what is on the books for one without history', () => {
    const young = bookOf([1000, 1001, 1002, 1003], () => 4);
    const like = likeOccasions(new Snapshot(1010), young, 1014);
    expect(like.map((o) => o.day)).toEqual([1000, 1001, 1002, 1003]);
    const none = likeHistory(new Snapshot(990), likeOccasions(new Snapshot(990), young, 1000), 10);
    expect(additivePickup(7, none)).toBe(7);
    expect(multiplicativePickup(7, none)).toBe(7);
  });

  it('never forecasts less than nothing', () => {
    expect(additivePickup(1, { count: 1, finals: 2, onBooks: 9 })).toBe(0);
  });
});
