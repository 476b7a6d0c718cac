import { type BookingLedger, type Target, forecastTargets, targetsAsOf } from '#libs/pricing';
import { formatDay, parseDay } from '../calendar-day.js';
import { type Section, table } from './table.js';

const SNAPSHOTS = ['2016-10-01', '2017-01-15', '2017-06-01'];
const DAYS_AHEAD = [1, 7, 30];

type Forecaster = (ledger: BookingLedger, targets: readonly Target[]) => unknown;

/** What must not be: on the books at the end of the occasion, read past the snapshot. */
const leaking: Forecaster = (ledger, targets) =>
  targets.map(({ group, occasion }) => ledger.group(group)?.at(occasion)?.netAt(occasion) ?? 0);

/**
 * Takes away all that is dated after a snapshot: an honest forecaster says the same to the last byte.
 * @param knownAt the ledger without what became known after a day
 */
export async function leakSection(
  ledger: BookingLedger,
  knownAt: (day: number) => Promise<BookingLedger>,
): Promise<Section> {
  const rows: string[][] = [];
  for (const snapshot of SNAPSHOTS) {
    const day = parseDay(snapshot)!;
    const known = await knownAt(day);
    const targets = targetsAsOf(ledger, day, day + 1, day + Math.max(...DAYS_AHEAD)).filter(({ horizon }) =>
      DAYS_AHEAD.includes(horizon),
    );
    if (targets.length === 0) throw new Error(`nothing to forecast at ${formatDay(day)}`);
    const leaks = (forecaster: Forecaster) =>
      JSON.stringify(forecaster(ledger, targets)) !== JSON.stringify(forecaster(known, targets));
    const said = (forecaster: Forecaster) => (leaks(forecaster) ? 'differs: it leaks' : 'the same bytes');
    rows.push([snapshot, said((from, wanted) => forecastTargets(from, wanted)), said(leaking)]);
  }
  const text = `## Nothing of the future

Forecasts 1, 7 and 30 days ahead from all rows, and from those that were known at the snapshot. The last column is a
forecaster that reads past its snapshot, which this test must catch.

${table(['snapshot', 'the forecaster', 'a leaking one'], rows)}
`;
  return { text, plots: {} };
}
