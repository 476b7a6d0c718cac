import { type Command, InvalidArgumentError } from 'commander';
import {
  type Calibration,
  type PastBooking,
  calibrationOf,
  pastTrials,
  simulatedTrials,
} from '#libs/waitlist';
import { readRows } from '../pricing/bookings-file.js';
import { dayRangeOption } from '../pricing/calendar-day.js';

const DAYS_BEFORE = [60, 30, 14, 7, 3];
const AHEAD = [0, 1, 2, 4, 8, 16];

interface BacktestOptions {
  bookings: string;
  occasions: [number, number];
  simulated: number;
  seed: number;
}

/** `waitlist:backtest`: whether the estimates of waitlist entries come true, on bookings of the past and in simulated events. */
export function waitlistCommands(program: Command): void {
  program
    .command('waitlist:backtest')
    .description('compare estimates of waitlist entries with what became of them')
    .requiredOption(
      '--bookings <file>',
      'CSV (or .csv.gz): group,occasion,booked_at,canceled_at,quantity,price',
    )
    .requiredOption('--occasions <from..to>', 'days of the occasions', dayRangeOption)
    .option('--simulated <events>', 'simulated events', countOption, 5000)
    .option('--seed <number>', 'of the simulated events', countOption, 1)
    .action(backtest);
}

async function backtest({ bookings: file, occasions, simulated, seed }: BacktestOptions): Promise<void> {
  const [from, to] = occasions;
  const byOccasion = new Map<string, { day: number; bookings: PastBooking[] }>();
  await readRows(file, ({ group, occasion: day, bookedAt, canceledAt, quantity }) => {
    if (day < from || day > to) return;
    const key = `${day} ${group}`;
    const known = byOccasion.get(key) ?? { day, bookings: [] };
    known.bookings.push({ bookedAt, canceledAt, quantity });
    byOccasion.set(key, known);
  });
  const past = [...byOccasion.values()].flatMap(({ day, bookings }) =>
    pastTrials(day, bookings, DAYS_BEFORE, AHEAD),
  );
  if (!past.length) throw new Error('no occasion of those days had ten places sold');
  print(`Bookings of ${byOccasion.size} occasions`, calibrationOf(past));
  print(`${simulated} simulated events`, calibrationOf(simulatedTrials(seed, simulated)));
}

/** As Markdown, for docs/waitlist-estimates.md. */
function print(title: string, found: Calibration): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const { within } = found;
  const lines = [
    `\n## ${title}\n`,
    `${found.trials} estimates; ${percent(found.served)} came to be served. Brier score ${found.brier.toFixed(4)}; of the base rate ` +
      `${found.brierOfRate.toFixed(4)}, of a base rate for each kind of trial ${found.brierOfKinds.toFixed(4)}. Off by ${percent(found.off)} in the mean.`,
    `Of those served, by the time told as p10, p50, p90: ${percent(within.p10)}, ${percent(within.p50)}, ${percent(within.p90)}.\n`,
    '| chance told | entries | mean chance told | served |',
    '| ----------- | ------- | ---------------- | ------ |',
    ...found.bins.map(
      (bin) => `| ${bin.from} to ${bin.to} | ${bin.trials} | ${percent(bin.told)} | ${percent(bin.served)} |`,
    ),
  ];
  console.log(lines.join('\n'));
}

function countOption(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return count;
}
