import { BookingLedger, Snapshot } from './booking-ledger.js';
import { LEAD_BANDS, SurvivalTable, leadBand, unitsByLead } from './survival.js';

const band = (leadDays: number, units: number) => {
  const on = new Float64Array(LEAD_BANDS);
  on[leadBand(leadDays)] = units;
  return on;
};

describe('Survival of bookings', () => {
  it('bands bookings by how long before the occasion they were made', () => {
    expect([0, 2, 3, 13, 14, 300].map(leadBand)).toEqual([0, 0, 1, 2, 3, 9]);
  });

  it('counts what was on the books at a horizon, and what of it stood to the end', () => {
    const ledger = new BookingLedger();
    const part = { group: 'a', occasion: 100, quantity: 3, price: null };
    ledger.add({ ...part, bookedAt: 60, canceledAt: null });
    ledger.add({ ...part, bookedAt: 60, canceledAt: 95 });
    ledger.add({ ...part, bookedAt: 98, canceledAt: null });
    const occasion = ledger.group('a')!.at(100)!;
    const over = new Snapshot(100);
    expect(unitsByLead(over, occasion, 10, false)).toEqual(band(40, 6));
    expect(unitsByLead(over, occasion, 10, true)).toEqual(band(40, 3));
    expect(unitsByLead(new Snapshot(90), occasion, 10, false)).toEqual(band(40, 6));
  });

  it('expects all to stand that nothing is known of, and less where more was cancelled', () => {
    const table = new SurvivalTable();
    expect(table.expectedKept('a', band(40, 10))).toBe(10);
    table.add('a', band(40, 1000), band(40, 500));
    table.add('b', band(2, 1000), band(2, 1000));
    expect(table.expectedKept('a', band(40, 10))).toBeCloseTo(5.05, 1);
    expect(table.expectedKept('a', band(2, 10))).toBeGreaterThan(9.9);
    expect(table.expectedKept('unheard of', band(40, 10))).toBeCloseTo(5.05, 1);
  });

  it('forgets what lies long ago', () => {
    const table = new SurvivalTable();
    table.add('a', band(40, 1000), band(40, 0));
    table.fade(1e-3);
    table.add('a', band(40, 1000), band(40, 1000));
    expect(table.expectedKept('a', band(40, 1))).toBeGreaterThan(0.97);
  });
});
