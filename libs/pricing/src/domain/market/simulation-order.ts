import { type World, bookingCurve } from './market.js';
import { truePrior } from './past-events.js';
import { type PolicyName, type Standing, runTournament } from './tournament.js';

/** A simulation as it is asked for: plain values, which a thread can be given. */
export interface SimulationOrder {
  market: {
    units: number;
    days: number;
    lowestPrice: number;
    highestPrice: number;
    medianLevel: number;
    sdLogLevel: number;
    medianWorth: number;
    sdLogWorth: number;
  };
  policy: PolicyName;
  world: World;
  events: number;
  seed: number;
}

/** One policy in the standard booking curve over the market's days; it knows the population. */
export function simulateOrder({ market: asked, policy, world, events, seed }: SimulationOrder): Standing {
  const { units, days, lowestPrice, highestPrice, ...population } = asked;
  const market = { units, days, lowestPrice, highestPrice, curve: bookingCurve(days), population };
  const prior = truePrior(market);
  return runTournament({ market, world, events, seed, prior, policies: [policy] })[0]!;
}
