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

export class Intervals {
  /** Misses a group, the latest last. */
  private readonly groups = new Map<string, Miss[]>();
  private power = USUAL_POWER;
  /** Scaled quantiles a group, since the last refit. */
  private readonly fitted = new Map<string, number[]>();

  learn(group: string, forecast: number, final: number): void {
    const miss = { forecast, residual: final - forecast };
    const own = this.groups.get(group);
    if (!own) this.groups.set(group, [miss]);
    else if (own.push(miss) > MOST_OWN) own.shift();
  }

  /** To be called from time to time: fits the power of the scale anew and forgets the quantiles derived so far. */
  refit(): void {
    this.fitted.clear();
    this.power = spreadPower([...this.groups.values()].flat());
  }

  /** One quantile a level of LEVELS, ascending, at least 0. */
  around(group: string, forecast: number): number[] {
    let scaled = this.fitted.get(group);
    if (!scaled) this.fitted.set(group, (scaled = this.scaledQuantiles(group)));
    return scaled.map((q) => Math.max(0, forecast + q * this.scale(forecast)));
  }

  private scale(forecast: number): number {
    return (forecast + 1) ** this.power;
  }

  private scaledQuantiles(group: string): number[] {
    const own = this.groups.get(group) ?? [];
    const missing = Math.max(0, ENOUGH_OWN - own.length);
    const borrowed = missing === 0 ? [] : this.borrow(group);
    const share = Math.min(1, missing / Math.max(1, borrowed.length));
    const misses = [...borrowed, ...own];
    const values = misses.map((miss) => miss.residual / this.scale(miss.forecast));
    const weights = misses.map((_, i) =>
      i < borrowed.length ? share : 0.5 ** ((misses.length - 1 - i) / HALF_LIFE),
    );
    return values.length < FEWEST ? this.firstQuantiles() : quantiles(values, LEVELS, weights);
  }

  /** The latest misses of all other groups. */
  private borrow(group: string): Miss[] {
    const others = [...this.groups].filter(([name]) => name !== group);
    const each = Math.max(1, Math.floor(MOST_BORROWED / Math.max(1, others.length)));
    return others.flatMap(([, misses]) => misses.slice(-each));
  }

  private firstQuantiles(): number[] {
    const level = 20;
    const spread = Math.sqrt(level + FIRST_DISPERSION * level ** 2) / this.scale(level);
    return NORMAL_QUANTILES.map((z) => z * spread);
  }
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
