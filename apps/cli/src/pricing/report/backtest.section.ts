import {
  type BookingLedger,
  type Score,
  forecastTargets,
  scoreForecasts,
  targetsOfBacktest,
} from '#libs/pricing';
import { parseDay } from '../calendar-day.js';
import { coverageChart, drawChart, errorChart } from './charts.js';
import { type Section, table, verdict } from './table.js';

const HORIZONS = [60, 30, 14, 7, 3, 1];
const FAR = 14;
const NEAR = 3;
/** Pinball loss over the mean of additive pickup with residual quantiles, which is to be beaten at each horizon. */
const PICKUP_PINBALL = new Map([
  [60, 0.149],
  [30, 0.097],
  [14, 0.066],
  [7, 0.048],
  [3, 0.035],
  [1, 0.023],
]);

/** A year of real occasions, each forecast from what was known some days before. */
export async function backtestSection(ledger: BookingLedger): Promise<Section> {
  const from = parseDay('2016-09-01')!;
  const to = parseDay('2017-08-31')!;
  const scores = scoreForecasts(
    ledger,
    forecastTargets(ledger, targetsOfBacktest(ledger, from, to, HORIZONS)),
  );
  const digits = (value: number) => value.toFixed(3);
  const text = `## Forecasts of real bookings

The final net quantity of each occasion from 2016-09-01 to 2017-08-31, some days ahead, from what was known then.

${table(
  [
    'days ahead',
    'WAPE',
    'additive pickup',
    'multiplicative',
    'MASE',
    'pinball / mean',
    'in q10–q90',
    'in q25–q75',
  ],
  scores.map((score) => [
    String(score.horizon),
    ...[score.wape, score.pickupWape, score.multiplicativeWape, score.mase].map(digits),
    ...[score.pinball, score.coverage80, score.coverage50].map(digits),
  ]),
)}

${bars(scores)}

![WAPE by days ahead](pricing/error.svg)

![Share of occasions within their intervals](pricing/coverage.svg)
`;
  const errors = scores.flatMap(({ horizon, wape, pickupWape, multiplicativeWape }) => [
    { horizon: String(horizon), method: 'forecast', wape },
    { horizon: String(horizon), method: 'additive pickup', wape: pickupWape },
    { horizon: String(horizon), method: 'multiplicative pickup', wape: multiplicativeWape },
  ]);
  const covered = scores.flatMap(({ horizon, coverage50, coverage80 }) => [
    { horizon: String(horizon), interval: 'q25–q75', share: coverage50 },
    { horizon: String(horizon), interval: 'q10–q90', share: coverage80 },
  ]);
  const plots = {
    'error.svg': await drawChart(errorChart(errors)),
    'coverage.svg': await drawChart(coverageChart(covered)),
  };
  return { text, plots };
}

function bars(scores: readonly Score[]): string {
  const far = scores.filter(({ horizon }) => horizon >= FAR);
  const sum = (of: (score: Score) => number) => far.reduce((total, score) => total + of(score), 0);
  const gain = 1 - sum((score) => score.wape) / sum((score) => score.pickupWape);
  const near = scores.filter(({ horizon }) => horizon <= NEAR);
  const worst = Math.max(...near.map(({ wape, pickupWape }) => wape / pickupWape - 1));
  const covers = scores.map(({ coverage80 }) => coverage80);
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  return table(
    ['bar', 'figure', ''],
    [
      [
        'mean WAPE 60, 30 and 14 days ahead at least 12 % below additive pickup',
        `${percent(gain)} below`,
        verdict(gain >= 0.12),
      ],
      [
        'at most 2 % worse than additive pickup 3 days ahead and less',
        `at worst ${percent(worst)}`,
        verdict(worst <= 0.02),
      ],
      [
        'q10 to q90 covers 75 to 85 % at each horizon',
        `${percent(Math.min(...covers))} to ${percent(Math.max(...covers))}`,
        verdict(covers.every((share) => share >= 0.75 && share <= 0.85)),
      ],
      [
        'pinball below additive pickup with residual quantiles at each horizon',
        scores
          .map((score) => `${score.pinball.toFixed(3)} < ${PICKUP_PINBALL.get(score.horizon)}`)
          .join(', '),
        verdict(scores.every((score) => score.pinball < PICKUP_PINBALL.get(score.horizon)!)),
      ],
    ],
  );
}
