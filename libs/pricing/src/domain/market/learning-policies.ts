import { LEVELS_EACH, type DemandPrior, posteriorOf } from '../price/demand-posterior.js';
import { bellmanPrice, priceLadder } from '../price/bellman-price.js';
import { optimalPrice } from '../price/optimal-price.js';
import type { RandomStream } from '../numerics/random.js';
import type { Market } from './market.js';
import type { MarketView, Policy } from './policy.js';

const LADDER_STEPS = 96;

/** The Bayes-averaged Bellman price of the posterior, each day anew. */
export function bayesPolicy(market: Market, prior: DemandPrior, dispersion = 1): Policy {
  const ladder = priceLadder(market.lowestPrice, market.highestPrice, LADDER_STEPS);
  return {
    price: ({ sales, left, shareLeft }) =>
      bellmanPrice(posteriorOf(prior, sales, dispersion), { units: left, shareLeft }, ladder),
  };
}

/** At most a share of the last price up or down a day: what guards do to any policy. */
export function guarded(policy: Policy, largestStep: number): Policy {
  let last: number | undefined;
  return {
    price(view) {
      const wanted = policy.price(view);
      last =
        last === undefined
          ? wanted
          : Math.min(last * (1 + largestStep), Math.max(last * (1 - largestStep), wanted));
      return last;
    },
  };
}

/** Draws one truth from the posterior each day and charges what is optimal for it. */
export function thompsonPolicy(market: Market, prior: DemandPrior, random: RandomStream): Policy {
  return {
    price({ sales, left, shareLeft }: MarketView) {
      const { worth, level, weight } = posteriorOf(prior, sales);
      const k = random.pick(weight);
      const demand = {
        arrivals: level[k]! * shareLeft,
        priceSensitivity: 1 / worth[Math.floor(k / LEVELS_EACH)]!,
      };
      const price = optimalPrice(demand, left).price ?? market.highestPrice;
      return Math.min(market.highestPrice, Math.max(market.lowestPrice, price));
    },
  };
}

/** Learns as well as the others, but charges what earns most from each arrival, as if the stock had no end. */
export function blindToInventory(market: Market, prior: DemandPrior): Policy {
  const ladder = priceLadder(market.lowestPrice, market.highestPrice, LADDER_STEPS);
  const endless = 1e9;
  return {
    price: ({ sales, shareLeft }) =>
      bellmanPrice(posteriorOf(prior, sales), { units: endless, shareLeft }, ladder),
  };
}
