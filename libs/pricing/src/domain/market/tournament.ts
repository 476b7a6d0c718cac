import { RandomStream } from '../numerics/random.js';
import type { DemandPrior } from '../price/demand-posterior.js';
import { priceLadder } from '../price/bellman-price.js';
import { solveDailyProgramme } from '../price/daily-programme.js';
import { bayesPolicy, blindToInventory, guarded, thompsonPolicy } from './learning-policies.js';
import { type Market, type MarketEvent, type World, meanDemand } from './market.js';
import type { Policy } from './policy.js';
import {
  clairvoyantFixedPrice,
  fixedPrice,
  neverLearning,
  paceRule,
  priorFixedPrice,
  usualRules,
} from './rule-policies.js';
import { STREAM, clairvoyantOptimum, eventOf, runEvent } from './simulation.js';

export const POLICIES = [
  'clairvoyant fixed price',
  'Bayes',
  'Bayes, at most 10 % a day',
  'Thompson sampling',
  'pace rule',
  'usual rules',
  'fixed price of the prior',
  'never learning',
  'blind to inventory',
] as const;
export type PolicyName = (typeof POLICIES)[number];

export interface Tournament {
  market: Market;
  world: World;
  events: number;
  seed: number;
  /** What the policies believe of the population. */
  prior: DemandPrior;
  policies: readonly PolicyName[];
  /** What revenue is measured against: J of the model, or the optimum of daily prices in the world itself. */
  reference?: 'model' | 'world';
}

export interface Ratio {
  value: number;
  /** 95 % interval. */
  low: number;
  high: number;
}

export interface Standing {
  policy: PolicyName;
  /** Mean revenue an event. */
  revenue: number;
  /** Mean share of the stock that was sold. */
  sold: number;
  /** Revenue over that of the reference. */
  ofReference: Ratio;
  /** Revenue over that of the fixed price of the prior, at the same buyers. */
  ofFixed: Ratio;
}

/** Lets policies sell the same events to the same buyers. */
export function runTournament(tournament: Tournament): Standing[] {
  const { market, world, events, seed, policies, reference = 'model' } = tournament;
  const truths = Array.from({ length: events }, (_, event) => eventOf(market, seed, event));
  const best = truths.map((truth) =>
    reference === 'model' ? clairvoyantOptimum(market, truth) : worldOptimum(world, market, truth),
  );
  const base = priorFixedPrice(market, tournament.prior);
  const play = (name: PolicyName) =>
    truths.map((truth, event) =>
      runEvent(world, market, truth, makePolicy(name, tournament, base, truth, event), seed, event),
    );
  const fixed = play('fixed price of the prior').map((run) => run.revenue);
  return policies.map((policy) => {
    const runs = play(policy);
    const revenue = runs.map((run) => run.revenue);
    return {
      policy,
      revenue: mean(revenue),
      sold: mean(runs.map((run) => run.sold)) / market.units,
      ofReference: ratioOfSums(revenue, best),
      ofFixed: ratioOfSums(revenue, fixed),
    };
  });
}

function makePolicy(
  name: PolicyName,
  { market, prior, seed }: Tournament,
  base: number,
  truth: MarketEvent,
  event: number,
): Policy {
  switch (name) {
    case 'clairvoyant fixed price':
      return fixedPrice(clairvoyantFixedPrice(market, truth));
    case 'Bayes':
      return bayesPolicy(market, prior);
    case 'Bayes, at most 10 % a day':
      return guarded(bayesPolicy(market, prior), 0.1);
    case 'Thompson sampling':
      return thompsonPolicy(market, prior, new RandomStream(seed, STREAM.policy, event));
    case 'pace rule':
      return paceRule(base);
    case 'usual rules':
      return usualRules(base);
    case 'fixed price of the prior':
      return fixedPrice(base);
    case 'never learning':
      return neverLearning(market, prior);
    case 'blind to inventory':
      return blindToInventory(market, prior);
  }
}

const WORLD_LADDER = 40;

/** What daily prices can earn from an event whose truth and world are known (noise left out: an upper bound then). */
export function worldOptimum(world: World, market: Market, truth: MarketEvent): number {
  const { units, days, lowestPrice, highestPrice } = market;
  const { value } = solveDailyProgramme({
    units,
    reviews: days,
    meanDemand: (day, price) => meanDemand(world, market, truth, day, price),
    prices: [...priceLadder(lowestPrice, highestPrice, WORLD_LADDER)],
  });
  return value[units]!;
}

/**
 * Σa/Σb of paired values with a 95 % interval by the delta method.
 * Source: W. G. Cochran, "Sampling Techniques", 3rd ed. (1977), section 6.4.
 */
export function ratioOfSums(a: readonly number[], b: readonly number[]): Ratio {
  const value = mean(a) / mean(b);
  const residual = a.map((x, i) => x - value * b[i]!);
  const variance = residual.reduce((sum, r) => sum + r * r, 0) / (a.length - 1);
  const half = (1.959963984540054 * Math.sqrt(variance / a.length)) / mean(b);
  return { value, low: value - half, high: value + half };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
