import { bellmanPrice, priceLadder } from '../price/bellman-price.js';
import { type DemandPrior, posteriorOf } from '../price/demand-posterior.js';
import { bestFixedPrice, expectedSales } from '../price/fixed-price.js';
import { maximise } from '../numerics/maximise.js';
import type { Market, MarketEvent } from './market.js';
import type { MarketView, Policy } from './policy.js';

export function fixedPrice(price: number): Policy {
  return { price: () => price };
}

/** The best price for an event whose truth is known, if it is never changed. */
export function clairvoyantFixedPrice(market: Market, event: MarketEvent): number {
  const { lowestPrice, highestPrice, units } = market;
  return bestFixedPrice((p) => event.level * Math.exp(-p / event.worth), units, [lowestPrice, highestPrice])
    .price;
}

/** The best price for an event of which only the population is known, if it is never changed. */
export function priorFixedPrice(market: Market, prior: DemandPrior): number {
  const { worth, level, weight } = posteriorOf(prior, []);
  const each = level.length / worth.length;
  const revenue = (price: number) => {
    let sum = 0;
    for (let k = 0; k < level.length; k++) {
      const mean = level[k]! * Math.exp(-price / worth[Math.floor(k / each)]!);
      sum += weight[k]! * price * expectedSales(mean, market.units);
    }
    return sum;
  };
  return maximise(revenue, [market.lowestPrice, market.highestPrice]);
}

/** The usual "dynamic pricing": steps on a base price by occupancy and days left. */
export function usualRules(base: number): Policy {
  return {
    price({ market, day, left }) {
      const sold = 1 - left / market.units;
      let factor = 1;
      if (sold >= 0.8) factor *= 1.3;
      else if (sold >= 0.5) factor *= 1.15;
      else if (sold < 0.2 && day >= market.days / 2) factor *= 0.85;
      if (day >= market.days - 7) factor *= 1.1;
      else if (day < 14) factor *= 0.9;
      return base * factor;
    },
  };
}

/** The base price times the root of sales over what the curve expects of a full house by now, within .5 to 2. */
export function paceRule(base: number): Policy {
  return {
    price({ market, left, shareLeft }: MarketView) {
      const expected = market.units * (1 - shareLeft);
      if (expected <= 0) return base;
      const pace = Math.sqrt((market.units - left) / expected);
      return base * Math.min(2, Math.max(0.5, pace));
    },
  };
}

/** Prices by the prior alone, knowing the stock and the time but never learning. */
export function neverLearning(market: Market, prior: DemandPrior): Policy {
  const ladder = priceLadder(market.lowestPrice, market.highestPrice, 96);
  const beliefs = posteriorOf(prior, []);
  return { price: ({ left, shareLeft }) => bellmanPrice(beliefs, { units: left, shareLeft }, ladder) };
}
