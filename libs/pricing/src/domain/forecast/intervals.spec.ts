import { RandomStream } from '../numerics/random.js';
import { poissonQuantile } from '../numerics/special-functions.js';
import { Intervals, LEVELS } from './intervals.js';
import { coverage } from './metrics.js';

/** Forecasts of counts that spread `noise` times as much as Poisson's would, for groups of different size. */
function live(days: number, sizes: Record<string, number>, noise = 1) {
  const random = new RandomStream(5);
  const intervals = new Intervals();
  const rows: { group: string; actual: number; quantiles: number[] }[] = [];
  for (let day = 0; day < days; day++) {
    if (day % 7 === 0) intervals.refit();
    for (const [group, size] of Object.entries(sizes)) {
      const forecast = size * (0.6 + 0.8 * random.uniform());
      const drawn = poissonQuantile(random.uniform(), forecast, Infinity);
      const actual = Math.max(0, forecast + noise * (drawn - forecast));
      const quantiles = intervals.around(group, forecast);
      rows.push({ group, actual, quantiles });
      intervals.learn(group, forecast, actual, quantiles);
    }
    intervals.closeDay();
  }
  return rows;
}

const covers = (rows: ReturnType<typeof live>, low: number, high: number) =>
  coverage(
    rows.map((row) => row.actual),
    rows.map((row) => row.quantiles[low]!),
    rows.map((row) => row.quantiles[high]!),
  );

describe('Intervals of forecasts', () => {
  it.each([0.5, 1, 3])('cover what they say, where counts spread %d times as much as assumed', (noise) => {
    const rows = live(900, { large: 200, small: 30 }, noise).slice(600);
    expect(Math.abs(covers(rows, 0, 4) - 0.8)).toBeLessThan(0.05);
    expect(Math.abs(covers(rows, 1, 3) - 0.5)).toBeLessThan(0.06);
  });

  it('cover for a young group by what the others have missed', () => {
    const random = new RandomStream(6);
    const intervals = new Intervals();
    for (let day = 0; day < 300; day++) {
      const drawn = poissonQuantile(random.uniform(), 50, Infinity);
      intervals.learn('old', 50, drawn, intervals.around('old', 50));
      intervals.closeDay();
    }
    intervals.refit();
    const own = intervals.around('old', 50);
    const borrowed = intervals.around('young', 50);
    expect(borrowed[4]! - borrowed[0]!).toBeGreaterThan(0.7 * (own[4]! - own[0]!));
    expect(borrowed[4]! - borrowed[0]!).toBeLessThan(1.5 * (own[4]! - own[0]!));
  });

  it('widen within weeks when demand becomes less certain, and narrow when it becomes more so', () => {
    const random = new RandomStream(7);
    const intervals = new Intervals();
    const widthAfter = (days: number, noise: number) => {
      for (let day = 0; day < days; day++) {
        const actual = 100 + noise * random.normal();
        intervals.learn('a', 100, actual, intervals.around('a', 100));
        intervals.closeDay();
        if (day % 7 === 0) intervals.refit();
      }
      const quantiles = intervals.around('a', 100);
      return quantiles[4]! - quantiles[0]!;
    };
    const sd = (width: number) => width / (2 * 1.2815515655446004);
    expect(sd(widthAfter(300, 5))).toBeGreaterThan(4);
    const wide = sd(widthAfter(40, 20));
    expect(wide).toBeGreaterThan(10);
    expect(sd(widthAfter(60, 5))).toBeLessThan(0.7 * wide);
  });

  it('are as wide as the forecast is large before anything has been missed', () => {
    const width = (forecast: number) => {
      const quantiles = new Intervals().around('a', forecast);
      return (quantiles[4]! - quantiles[0]!) / forecast;
    };
    expect(width(1e5)).toBeGreaterThan(0.5);
    expect(width(1e5)).toBeLessThan(width(10));
  });

  it('are a whole number where demand never varies', () => {
    const intervals = new Intervals();
    for (let day = 0; day < 100; day++) {
      intervals.learn('a', 40.001, 40, intervals.around('a', 40.001));
      intervals.closeDay();
    }
    intervals.refit();
    expect(intervals.around('a', 40.001)).toEqual([40, 40, 40, 40, 40]);
  });

  it('ascend, are never below nothing, and exist before anything has been missed', () => {
    for (const forecast of [0, 0.2, 7, 1e6]) {
      const quantiles = new Intervals().around('a', forecast);
      expect(quantiles).toHaveLength(LEVELS.length);
      for (let i = 1; i < quantiles.length; i++)
        expect(quantiles[i]!).toBeGreaterThanOrEqual(quantiles[i - 1]!);
      expect(quantiles[0]!).toBeGreaterThanOrEqual(0);
      expect(quantiles[4]!).toBeGreaterThan(forecast);
    }
  });
});
