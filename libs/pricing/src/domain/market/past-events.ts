import { RandomStream } from '../numerics/random.js';
import type { DemandPrior, SalesPeriod } from '../price/demand-posterior.js';
import type { Market, World } from './market.js';
import { fitPopulation } from './population-prior.js';
import { usualRules } from './rule-policies.js';
import { STREAM, eventOf, runEvent } from './simulation.js';

/** Organizers' guesses at a good base price: this median, with this spread of its logarithm. */
const GUESSED_BASE = 45;
const GUESS_SPREAD = 0.3;
/** Every price of the past was moved at random by up to this share: what makes its effect estimable. */
const RANDOM_OFFSET = 0.1;
/** Past events come from another seed than those that policies are judged on. */
const PAST = 0x70617374;

/** Sales of past events, priced by the usual rules on organizers' guesses with small randomised offsets. */
export function simulatePast(
  market: Market,
  events: number,
  seed: number,
  world: World = 'model',
): SalesPeriod[][] {
  return Array.from({ length: events }, (_, event) => {
    const random = new RandomStream(seed, STREAM.history, event);
    const rules = usualRules(GUESSED_BASE * Math.exp(GUESS_SPREAD * random.normal()));
    const policy = {
      price: (view: Parameters<typeof rules.price>[0]) =>
        rules.price(view) * (1 + RANDOM_OFFSET * (2 * random.uniform() - 1)),
    };
    const past = seed ^ PAST;
    return runEvent(world, market, eventOf(market, past, event), policy, past, event).sales;
  });
}

/**
 * The prior that the project's own empirical Bayes finds in simulated past events.
 * @param curve `as it is` leaves out the day factors: to judge what they cost and what they save
 */
export function priorFromPast(
  market: Market,
  events: number,
  seed: number,
  world: World = 'model',
  curve: 'corrected' | 'as it is' = 'corrected',
): DemandPrior {
  return fitPopulation(simulatePast(market, events, seed, world), curve).prior;
}

/** The population's own parameters, which no policy knows: to judge what estimating them costs. */
export function truePrior({ population }: Market): DemandPrior {
  return {
    meanLogLevel: Math.log(population.medianLevel),
    meanLogWorth: Math.log(population.medianWorth),
    sdLogLevel: population.sdLogLevel,
    sdLogWorth: population.sdLogWorth,
    correlation: 0,
  };
}
