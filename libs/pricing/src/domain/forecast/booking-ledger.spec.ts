import { BookingLedger, type BookingRow, LeakError, Snapshot, weekdayOf } from './booking-ledger.js';

const row = (part: Partial<BookingRow>): BookingRow => ({
  group: 'a',
  occasion: 100,
  bookedAt: 50,
  canceledAt: null,
  quantity: 1,
  price: 10,
  ...part,
});

function ledgerOf(...rows: Partial<BookingRow>[]): BookingLedger {
  const ledger = new BookingLedger();
  for (const part of rows) ledger.add(row(part));
  return ledger;
}

describe('The ledger of bookings', () => {
  const occasion = ledgerOf(
    { quantity: 2 },
    { bookedAt: 60, canceledAt: 80 },
    { bookedAt: 70, canceledAt: 70 },
  )
    .group('a')!
    .at(100)!;

  it.each([
    [49, 0],
    [50, 2],
    [60, 3],
    [70, 3],
    [79, 3],
    [80, 2],
    [100, 2],
  ])('has at the end of day %d %d units on the books', (day, units) => {
    expect(new Snapshot(200).onBooks(occasion, day)).toBe(units);
  });

  it('refuses to tell a snapshot what came after it', () => {
    const snapshot = new Snapshot(75);
    expect(snapshot.onBooks(occasion)).toBe(3);
    expect(() => snapshot.onBooks(occasion, 76)).toThrow(LeakError);
    expect(() => snapshot.finalOf(occasion)).toThrow(LeakError);
    expect(() => snapshot.standing(occasion, 90)).toThrow(LeakError);
  });

  it('shows a booking that is cancelled later as one that stands', () => {
    expect(new Snapshot(75).standing(occasion).map((r) => r.canceledAt)).toEqual([null, null]);
    expect(new Snapshot(80).standing(occasion, 75).map((r) => r.canceledAt)).toEqual([null, 80]);
  });

  it('finds the nearest known occasions, and not those that nobody has booked yet', () => {
    const book = ledgerOf(...[90, 95, 98, 100, 101, 104, 150].map((day) => ({ occasion: day })), {
      occasion: 102,
      bookedAt: 99,
    }).group('a')!;
    expect(new Snapshot(80).neighbours(book, 100, 2, 20).map((o) => o.day)).toEqual([98, 95, 101, 104]);
    expect(new Snapshot(99).neighbours(book, 100, 2, 20).map((o) => o.day)).toEqual([98, 95, 101, 102]);
  });

  it('knows the weekdays', () => {
    expect(weekdayOf(0)).toBe(3); // 1970-01-01, a Thursday
    expect(weekdayOf(-4)).toBe(6);
    expect(weekdayOf(17_045)).toBe(3); // 2016-09-01, a Thursday
  });
});
