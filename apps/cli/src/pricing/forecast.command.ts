import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type BookingLedger,
  type Forecast,
  type Score,
  type Target,
  forecastTargets,
  scoreForecasts,
  targetsAsOf,
  targetsOfBacktest,
} from '#libs/pricing';
import { readBookings } from './bookings-file.js';
import { dayOption, dayRangeOption } from './calendar-day.js';
import { writeForecasts } from './forecast-file.js';

const LONGEST_HORIZON = 730;

interface ForecastOptions {
  bookings: string;
  asOf: number;
  occasions: [number, number];
  out: string;
}

interface BacktestOptions extends Omit<ForecastOptions, 'asOf'> {
  horizons: number[];
}

/** `forecast` and `forecast:backtest`: final net quantities of occasions, from a file of bookings. */
export function forecastCommands(program: Command): void {
  program
    .command('forecast')
    .description('forecast the final net quantity of coming occasions from a file of bookings')
    .requiredOption(
      '--bookings <file>',
      'CSV (or .csv.gz): group,occasion,booked_at,canceled_at,quantity,price',
    )
    .requiredOption('--as-of <date>', 'what became known after this day is not used', dayOption)
    .requiredOption('--occasions <from..to>', 'days to forecast, after --as-of', dayRangeOption)
    .requiredOption('--out <file>', 'CSV: group,occasion,horizon,mean,q10,q25,q50,q75,q90')
    .action(runForecast);
  program
    .command('forecast:backtest')
    .description('forecast each past occasion from what was known some days before, and score the forecasts')
    .requiredOption(
      '--bookings <file>',
      'CSV (or .csv.gz): group,occasion,booked_at,canceled_at,quantity,price',
    )
    .requiredOption('--occasions <from..to>', 'days of the occasions', dayRangeOption)
    .requiredOption('--horizons <days,…>', 'days before the occasion, such as 60,30,14,7,3,1', horizonsOption)
    .requiredOption('--out <file>', 'CSV: group,occasion,horizon,mean,q10,q25,q50,q75,q90')
    .action(runBacktest);
}

async function runForecast({ bookings, asOf, occasions: [from, to], out }: ForecastOptions): Promise<void> {
  if (from <= asOf) throw new Error('--occasions must begin after --as-of');
  if (to - asOf > LONGEST_HORIZON)
    throw new Error(`--occasions must end within ${LONGEST_HORIZON} days of --as-of`);
  const ledger = await readBookings(bookings, asOf);
  const forecasts = forecastWithProgress(ledger, targetsAsOf(ledger, asOf, from, to));
  await writeForecasts(out, forecasts);
  console.log(`${forecasts.length} forecasts written to ${out}`);
}

async function runBacktest({
  bookings,
  occasions: [from, to],
  horizons,
  out,
}: BacktestOptions): Promise<void> {
  const ledger = await readBookings(bookings);
  const forecasts = forecastWithProgress(ledger, targetsOfBacktest(ledger, from, to, horizons));
  await writeForecasts(out, forecasts);
  printScores(scoreForecasts(ledger, forecasts));
  console.log(`${forecasts.length} forecasts written to ${out}`);
}

function forecastWithProgress(ledger: BookingLedger, targets: readonly Target[]): Forecast[] {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} horizons, {eta_formatted} left',
    noTTYOutput: false,
  });
  bar.start(new Set(targets.map((target) => target.horizon)).size, 0);
  const forecasts = forecastTargets(ledger, targets, () => bar.increment());
  bar.stop();
  return forecasts;
}

function printScores(scores: readonly Score[]): void {
  // Over quantities that are all 0 there is no share of anything.
  const share = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : '–');
  const percent = (value: number) => (Number.isFinite(value) ? `${(value * 100).toFixed(1)} %` : '–');
  console.table(
    scores.map((score) => ({
      horizon: score.horizon,
      occasions: score.occasions,
      WAPE: share(score.wape),
      'pickup WAPE': share(score.pickupWape),
      'multiplicative WAPE': share(score.multiplicativeWape),
      MASE: share(score.mase),
      'against pickup': percent(score.wape / score.pickupWape - 1),
      'pinball / mean': share(score.pinball),
      'in q10–q90': share(score.coverage80),
      'in q25–q75': share(score.coverage50),
    })),
  );
}

function horizonsOption(text: string): number[] {
  const horizons = text.split(',').map(Number);
  if (horizons.some((horizon) => !Number.isInteger(horizon) || horizon < 1 || horizon > LONGEST_HORIZON)) {
    throw new InvalidArgumentError(
      `They must be whole numbers of days from 1 to ${LONGEST_HORIZON}, with commas between.`,
    );
  }
  return [...new Set(horizons)];
}
