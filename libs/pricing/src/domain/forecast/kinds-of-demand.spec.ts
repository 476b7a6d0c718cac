import { RandomStream } from '../numerics/random.js';
import { poissonQuantile } from '../numerics/special-functions.js';
import { BookingLedger } from './booking-ledger.js';
import { forecastTargets } from './forecaster.js';
import { targetsOfBacktest } from './occasions.js';
import { scoreForecasts } from './scoreboard.js';

/** How much is sold of an occasion, by its day and a random stream, and how bookings come and go. */
interface Kind {
  groups?: number;
  /** Days between occasions of a group. */
  every?: number;
  days: number;
  tested: [number, number];
  demand: (day: number, random: RandomStream) => number;
  /** Units of one booking. */
  party?: number;
  price?: number | null;
  canceled?: number;
  /** Bookings come at random, or evenly along the curve. */
  evenly?: boolean;
  /** Least share within the 80 % interval; .72 if not given. */
  covered?: number;
}

const HORIZONS = [30, 7, 1];

/** Backtests a repeatable market of one kind of demand. */
function backtest({ groups = 1, every = 1, days, tested, demand, ...kind }: Kind) {
  const { party = 1, price = 20, canceled = 0, evenly = false } = kind;
  const ledger = new BookingLedger();
  for (let group = 0; group < groups; group++) {
    const random = new RandomStream(11, group);
    for (let day = group % every; day < days; day += every) {
      const parties = Math.round(demand(day, random) / party / (1 - canceled));
      for (let i = 0; i < parties; i++) {
        const early = evenly ? (i + 0.5) / parties : random.uniform();
        const lead = Math.min(200, Math.floor(-15 * Math.log(1 - early)));
        const bookedAt = 1000 + day - lead;
        const canceledAt =
          random.uniform() < canceled ? bookedAt + Math.floor(random.uniform() * (lead + 1)) : null;
        ledger.add({
          group: `g${group}`,
          occasion: 1000 + day,
          bookedAt,
          canceledAt,
          quantity: party,
          price,
        });
      }
    }
  }
  const targets = targetsOfBacktest(ledger, 1000 + tested[0], 1000 + tested[1], HORIZONS);
  const forecasts = forecastTargets(ledger, targets);
  for (const { mean, quantiles } of forecasts) {
    for (const value of [mean, ...quantiles]) expect(Number.isFinite(value)).toBe(true);
    expect([...quantiles].sort((a, b) => a - b)).toEqual(quantiles);
  }
  return scoreForecasts(ledger, forecasts);
}

const poisson = (mean: number, random: RandomStream) => poissonQuantile(random.uniform(), mean, Infinity);
const busyWeekends = (day: number) => 1 + [-0.6, -0.5, -0.4, -0.2, 0.3, 0.9, 0.5][day % 7]!;

const KINDS: [string, Kind][] = [
  ['steady', { days: 500, tested: [200, 499], demand: (_, random) => poisson(60, random) }],
  [
    'busy weekends, cancellations and no prices',
    {
      days: 500,
      tested: [200, 499],
      demand: (day, random) => poisson(60 * busyWeekends(day), random),
      price: null,
      canceled: 0.3,
    },
  ],
  [
    'growing fast',
    { days: 500, tested: [200, 499], demand: (day, r) => poisson(10 * Math.exp(day / 170), r) },
  ],
  [
    'one occasion in forty eight times as large',
    { days: 500, tested: [200, 499], demand: (_, r) => poisson(40, r) * (r.uniform() < 0.025 ? 8 : 1) },
  ],
  [
    'a level that falls to a third',
    { days: 500, tested: [200, 499], demand: (day, r) => poisson(day < 350 ? 90 : 30, r), covered: 0.6 },
  ],
  ['very few units', { days: 500, tested: [200, 499], demand: (_, random) => poisson(1.5, random) }],
  [
    'few units of which little is known, and nothing to be learned',
    { days: 340, tested: [60, 339], demand: (_, random) => 2 + Math.floor(8 * random.uniform()) },
  ],
  ['parties of 25', { days: 500, tested: [200, 499], demand: (_, r) => 25 * poisson(4, r), party: 25 }],
  [
    'many groups that seldom have an occasion',
    { groups: 30, every: 21, days: 500, tested: [200, 499], demand: (_, random) => poisson(15, random) },
  ],
];

describe('Forecasts of other kinds of demand', () => {
  it.each(KINDS)('are no worse than additive pickup, with intervals that hold: %s', (_, kind) => {
    for (const { wape, pickupWape, coverage80, occasions } of backtest(kind)) {
      expect(occasions).toBeGreaterThan(200);
      expect(wape).toBeLessThan(1.02 * pickupWape);
      expect(coverage80).toBeGreaterThan(kind.covered ?? 0.72);
      expect(coverage80).toBeLessThan(0.88);
    }
  });

  it('are exact where nothing ever varies', () => {
    for (const { wape, coverage80 } of backtest({
      days: 300,
      tested: [200, 299],
      demand: () => 40,
      evenly: true,
    })) {
      expect(wape).toBe(0);
      expect(coverage80).toBe(1);
    }
  });

  it('promise little of very large quantities of which two months are known', () => {
    const demand = (_: number, random: RandomStream) => 100_000 * Math.exp(0.2 * random.normal());
    const scores = backtest({ days: 90, tested: [60, 89], demand, party: 500 });
    for (const { wape, pickupWape, coverage80 } of scores) {
      expect(wape).toBeLessThan(1.1 * pickupWape);
      expect(coverage80).toBeGreaterThan(0.6);
    }
  });
});
