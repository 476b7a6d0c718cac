import { RandomStream } from '../numerics/random.js';
import { poissonQuantile } from '../numerics/special-functions.js';
import type { SalesPeriod } from '../price/demand-posterior.js';
import { optimalPrice } from '../price/optimal-price.js';
import { type Market, type MarketEvent, NOISE_SHAPE, type World, drawEvent, meanDemand } from './market.js';
import type { Policy } from './policy.js';

/** Purposes of the random streams: an event's truth, its days and a policy's own draws never share one. */
export const STREAM = { truth: 1, days: 2, policy: 3, history: 4, bootstrap: 5 } as const;

export interface EventRun {
  revenue: number;
  sold: number;
  sales: SalesPeriod[];
}

/** The event with a number, in the market of a seed. */
export function eventOf(market: Market, seed: number, event: number): MarketEvent {
  return drawEvent(market, new RandomStream(seed, STREAM.truth, event));
}

/**
 * Sells one event day by day. Each day has its own random number from which its sales are inverted, so all
 * policies meet the same buyers (common random numbers).
 */
export function runEvent(
  world: World,
  market: Market,
  truth: MarketEvent,
  policy: Policy,
  seed: number,
  event: number,
): EventRun {
  const random = new RandomStream(seed, STREAM.days, event);
  const sales: SalesPeriod[] = [];
  let left = market.units;
  let shareLeft = 1;
  let revenue = 0;
  for (let day = 0; day < market.days; day++) {
    const u = random.uniform();
    const noise = world === 'noisy days' ? random.gamma(NOISE_SHAPE) : 1;
    if (left === 0) break;
    const asked = policy.price({ market, day, left, shareLeft, sales });
    const price = Math.min(market.highestPrice, Math.max(market.lowestPrice, asked));
    const sold = poissonQuantile(u, noise * meanDemand(world, market, truth, day, price), left);
    left -= sold;
    revenue += price * sold;
    sales.push({ share: market.curve[day]!, price, sold, soldOut: left === 0 });
    shareLeft = Math.max(0, shareLeft - market.curve[day]!);
  }
  return { revenue, sold: market.units - left, sales };
}

/** J: what a clairvoyant who moves the price at every moment expects to earn, were the model true. */
export function clairvoyantOptimum(market: Market, { level, worth }: MarketEvent): number {
  return optimalPrice({ arrivals: level, priceSensitivity: 1 / worth }, market.units).expectedRevenue;
}
