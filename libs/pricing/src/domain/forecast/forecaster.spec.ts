import fc from 'fast-check';
import { BookingLedger, type BookingRow } from './booking-ledger.js';
import { type Target, forecastTargets } from './forecaster.js';
import { targetsAsOf } from './occasions.js';

/** A repeatable little market: two daily groups, a sparse one and a young one, with parties and cancellations. */
function market(days = 150): BookingRow[] {
  const rows: BookingRow[] = [];
  let state = 12345;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const groups = [
    { group: 'daily', every: 1, size: 12, from: 0 },
    { group: 'other', every: 1, size: 5, from: 0 },
    { group: 'sparse', every: 9, size: 3, from: 0 },
    { group: 'young', every: 2, size: 8, from: days - 20 },
  ];
  for (const { group, every, size, from } of groups) {
    for (let day = from; day < days; day += every) {
      const parties = Math.floor(size * (0.5 + random()));
      for (let i = 0; i < parties; i++) {
        const lead = Math.floor(-15 * Math.log(1 - random()));
        const bookedAt = 1000 + day - lead;
        const canceledAt = random() < 0.2 ? bookedAt + Math.floor(random() * (lead + 1)) : null;
        rows.push({
          group,
          occasion: 1000 + day,
          bookedAt,
          canceledAt,
          quantity: 1 + Math.floor(random() * 3),
          price: 20,
        });
      }
    }
  }
  return rows;
}

function ledgerOf(rows: BookingRow[]): BookingLedger {
  const ledger = new BookingLedger();
  for (const row of rows) ledger.add(row);
  return ledger;
}

const ROWS = market();

describe('The forecaster', () => {
  it('sees nothing of what happened after the snapshot: later rows altered in any way change no byte', () => {
    const asOf = 1120;
    const targets = targetsAsOf(ledgerOf(ROWS), asOf, asOf + 1, asOf + 14).filter(({ horizon }) =>
      [1, 7, 14].includes(horizon),
    );
    expect(targets.length).toBeGreaterThan(5);
    const untouched = JSON.stringify(forecastTargets(ledgerOf(ROWS), targets));
    const change = fc.constantFrom('drop', 'grow', 'move', 'rename', 'cancel');
    fc.assert(
      fc.property(fc.array(change, { minLength: 20, maxLength: 20 }), (changes) => {
        const altered = ROWS.flatMap((row, i) => alter(row, asOf, changes[i % changes.length]!));
        expect(JSON.stringify(forecastTargets(ledgerOf(altered), targets))).toBe(untouched);
        expect(targetsAsOf(ledgerOf(altered), asOf, asOf + 1, asOf + 14).length).toBe(
          targetsAsOf(ledgerOf(ROWS), asOf, asOf + 1, asOf + 14).length,
        );
      }),
      { numRuns: 4 },
    );
  });

  it('says the same whatever else it is asked', () => {
    const targets: Target[] = [1100, 1110, 1125, 1140].map((occasion) => ({
      group: 'daily',
      occasion,
      horizon: 7,
    }));
    const together = forecastTargets(ledgerOf(ROWS), targets);
    const alone = targets.flatMap((target) => forecastTargets(ledgerOf(ROWS), [target]));
    expect(alone).toEqual(together);
  });

  it('does not depend on the order of the rows', () => {
    const targets: Target[] = [{ group: 'daily', occasion: 1130, horizon: 5 }];
    const reversed = forecastTargets(ledgerOf([...ROWS].reverse()), targets);
    expect(reversed).toEqual(forecastTargets(ledgerOf(ROWS), targets));
  });

  it('forecasts every group, sparse and young ones too, with quantiles in order', () => {
    const targets = ledgerOf(ROWS)
      .groups()
      .flatMap((book) =>
        book.occasions
          .slice(-2)
          .flatMap(({ day }) => [1, 30, 90].map((horizon) => ({ group: book.name, occasion: day, horizon }))),
      );
    for (const { mean, quantiles } of forecastTargets(ledgerOf(ROWS), targets)) {
      expect(mean).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(mean)).toBe(true);
      for (let i = 1; i < quantiles.length; i++)
        expect(quantiles[i]!).toBeGreaterThanOrEqual(quantiles[i - 1]!);
      expect(quantiles[0]!).toBeGreaterThanOrEqual(0);
    }
  });

  it('forecasts an occasion before any other is over', () => {
    const first = ROWS.filter((row) => row.occasion === 1000 && row.group === 'daily');
    const targets = [
      { group: 'daily', occasion: 1000, horizon: 2 },
      { group: 'daily', occasion: 1001, horizon: 2 },
    ];
    for (const { mean } of forecastTargets(ledgerOf(first), targets)) expect(mean).toBeGreaterThanOrEqual(0);
  });
});

/** Rows that a snapshot at `asOf` cannot know are changed as told; of the others only a later cancellation. */
function alter(row: BookingRow, asOf: number, change: string): BookingRow[] {
  if (row.bookedAt <= asOf) {
    if (row.canceledAt !== null && row.canceledAt <= asOf) return [row];
    return [{ ...row, canceledAt: change === 'cancel' ? Math.max(asOf + 1, row.bookedAt) : null }];
  }
  if (change === 'drop') return [];
  if (change === 'grow') return [{ ...row, quantity: row.quantity * 50 }, row];
  if (change === 'move') return [{ ...row, occasion: row.occasion + 3 }];
  if (change === 'rename') return [{ ...row, group: 'upstart' }];
  return [{ ...row, canceledAt: row.bookedAt }];
}
