import { quantiles } from '../numerics/quantiles.js';

export const LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9] as const;

/**
 * Intervals from what forecasts made in the same way have missed: residuals divided by a power of their
 * forecast, the recent ones weighing more; a group with few of its own borrows those of the others.
 * Source: R. J. Hyndman, G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd ed., section 5.5
 * (intervals from residuals), with scaling for counts whose spread grows with their level.
 */
const MOST_OWN = 365;
/** In occasions. Of 45, 60, 90 and 180 the short ones came nearest to 80 % before 2016-09 of the shipped data. */
const HALF_LIFE = 60;
const ENOUGH_OWN = 100;
const MOST_BORROWED = 600;
const FEWEST = 10;
/** The shape that is assumed before anything has been missed: Var = μ + 0.1 μ², normal. */
const FIRST_DISPERSION = 0.1;
const NORMAL_QUANTILES = [
  -1.2815515655446004, -0.6744897501960817, 0, 0.6744897501960817, 1.2815515655446004,
];
const USUAL_POWER = 0.6;

interface Miss {
  forecast: number;
  residual: number;
}

/** Pairs of LEVELS that enclose 80 and 50 %. */
const ENCLOSING = [
  { low: 0, high: 4, share: 0.8 },
  { low: 1, high: 3, share: 0.5 },
] as const;
/**
 * The logarithm of a width grows a day by this times the share outside beyond what it should be, and forgets what it
 * had grown by: without forgetting, the delay of a long horizon lets it swing. Chosen of .03 to .1 and .95 to 1 on
 * occasions before 2016-09 of the shipped data and on simulated ones with trends, seasons and breaks.
 */
const LEARNING_RATE = 0.06;
const REMEMBERED = 0.98;
const MOST_STRETCH = 1.5;
/** Units. */
const NEXT_TO_NOTHING = 0.02;

export class Intervals {
  /** Misses a group, the latest last. */
  private readonly groups = new Map<string, Miss[]>();
  private power = USUAL_POWER;
  /** Scaled quantiles a group, since the last refit. */
  private readonly fitted = new Map<string, number[] | undefined>();
  /** What the distance of each level from the median is multiplied by. */
  private readonly stretch = LEVELS.map(() => 1);
  private readonly today = { ended: 0, outside: ENCLOSING.map(() => 0) };

  /** @param issued the quantiles that were given for it */
  learn(group: string, forecast: number, final: number, issued: readonly number[]): void {
    const miss = { forecast, residual: final - forecast };
    const own = this.groups.get(group);
    if (!own) this.groups.set(group, [miss]);
    else if (own.push(miss) > MOST_OWN) own.shift();
    this.today.ended++;
    ENCLOSING.forEach(({ low, high }, i) => {
      if (final < issued[low]! || final > issued[high]!) this.today.outside[i]!++;
    });
  }

  /**
   * To be called when all that ended with a day has been learned: widens what has covered too little, and narrows
   * what has covered too much.
   */
  closeDay(): void {
    const { ended, outside } = this.today;
    if (ended === 0) return;
    ENCLOSING.forEach(({ low, high, share }, i) => {
      const stretch =
        this.stretch[low]! ** REMEMBERED * Math.exp(LEARNING_RATE * (outside[i]! / ended - (1 - share)));
      this.stretch[low] = this.stretch[high] = Math.min(MOST_STRETCH, Math.max(1 / MOST_STRETCH, stretch));
      outside[i] = 0;
    });
    this.today.ended = 0;
  }

  /** To be called from time to time: fits the power of the scale anew and forgets the quantiles derived so far. */
  refit(): void {
    this.fitted.clear();
    this.power = spreadPower([...this.groups.values()].flat());
  }

  /** One quantile a level of LEVELS, ascending, at least 0. */
  around(group: string, forecast: number): number[] {
    if (!this.fitted.has(group)) this.fitted.set(group, this.scaledQuantiles(group));
    const scaled = this.fitted.get(group);
    const spread = Math.sqrt(forecast + 1 + FIRST_DISPERSION * forecast ** 2);
    const offsets = scaled
      ? scaled.map((q) => q * this.scale(forecast))
      : NORMAL_QUANTILES.map((z) => z * spread);
    const median = offsets[2]!;
    const quantiles = offsets.map((offset, i) =>
      Math.max(0, forecast + median + (offset - median) * this.stretch[i]!),
    );
    return quantiles.sort((a, b) => a - b).map(whole);
  }

  private scale(forecast: number): number {
    return (forecast + 1) ** this.power;
  }

  /** undefined while too little has been missed. */
  private scaledQuantiles(group: string): number[] | undefined {
    const own = this.groups.get(group) ?? [];
    const missing = Math.max(0, ENOUGH_OWN - own.length);
    const borrowed = missing === 0 ? [] : this.borrow(group);
    const share = Math.min(1, missing / Math.max(1, borrowed.length));
    const misses = [...borrowed, ...own];
    const values = misses.map((miss) => miss.residual / this.scale(miss.forecast));
    const weights = misses.map((_, i) =>
      i < borrowed.length ? share : 0.5 ** ((misses.length - 1 - i) / HALF_LIFE),
    );
    return values.length < FEWEST ? undefined : quantiles(values, LEVELS, weights);
  }

  /** The latest misses of all other groups. */
  private borrow(group: string): Miss[] {
    const others = [...this.groups].filter(([name]) => name !== group);
    const each = Math.max(1, Math.floor(MOST_BORROWED / Math.max(1, others.length)));
    return others.flatMap(([, misses]) => misses.slice(-each));
  }
}

/** Units are whole: what is next to nothing away from a whole number is that number. */
function whole(units: number): number {
  return Math.abs(units - Math.round(units)) < NEXT_TO_NOTHING ? Math.round(units) : units;
}

/** The power of (forecast + 1) that the size of the misses grows with, by regression on logs, within .5 to 1. */
function spreadPower(misses: readonly Miss[]): number {
  if (misses.length < ENOUGH_OWN) return USUAL_POWER;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  for (const { forecast, residual } of misses) {
    const x = Math.log(forecast + 1);
    const y = Math.log(Math.abs(residual) + 0.25);
    sx += x / misses.length;
    sy += y / misses.length;
    sxx += (x * x) / misses.length;
    sxy += (x * y) / misses.length;
  }
  const variance = sxx - sx ** 2;
  if (variance < 0.05) return USUAL_POWER;
  return Math.min(1, Math.max(0.5, (sxy - sx * sy) / variance));
}
