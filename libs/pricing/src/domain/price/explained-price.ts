import { bellmanPriceBetween } from './bellman-price.js';
import {
  type DemandPosterior,
  type DemandPrior,
  type SalesPeriod,
  levelPosteriorOf,
  posteriorOf,
} from './demand-posterior.js';
import { priceRange, usualPrior } from './pricing-prior.js';

/**
 * Everything that a price follows from, as it is stored with the price version: plain values, so that whoever
 * has them can compute the price and its explanation again. Money in any unit, one throughout. No personal data.
 */
export interface PriceInputs {
  /** The organizer's price, above 0. */
  base: number;
  capacity: number;
  /** Units left to sell, at least 1. */
  remaining: number;
  /** What events of the same category and venue have taught; null if nothing. */
  history: DemandPrior | null;
  /** Arrivals to come over those of the curve, by weekday and season; 1 as usual. */
  calendar: number;
  /** Sales so far, one row a price that was asked. */
  sales: readonly SalesPeriod[];
  /** Variance over mean of like sales, at least 1. */
  dispersion: number;
  /** Units that people on the waitlist want. */
  waiting: number;
  /** Share of all arrivals still to come by the booking curve. */
  shareLeft: number;
  /** Small randomised offset of the log price, the instrument for the effect of prices; 0 for none. */
  offset: number;
}

/**
 * The factors of a price, in their order: contribution k is ln p with inputs 1 to k as they are and the rest at
 * their prior, less the same with k − 1. At the prior of all of them the price is the base price.
 */
export const FACTORS = [
  'history',
  'calendar',
  'pace',
  'price response',
  'waitlist',
  'time left',
  'scarcity',
  'offset',
] as const;
export type FactorName = (typeof FACTORS)[number];

export interface Factor {
  name: string;
  /** Of ln(price/base). */
  contribution: number;
}

export interface ExplainedPrice {
  /** Before guards and rounding. */
  price: number;
  /** One a name of FACTORS, in their order; they add up to ln(price/base). */
  factors: Factor[];
}

/** @throws RangeError for inputs that no ticket type can have */
export function explainPrice(inputs: PriceInputs): ExplainedPrice {
  requireValid(inputs);
  const logs = [Math.log(inputs.base), ...stagePrices(inputs).map(Math.log)];
  logs.push(logs.at(-1)! + inputs.offset);
  return {
    price: Math.exp(logs.at(-1)!),
    factors: FACTORS.map((name, k) => ({ name, contribution: logs[k + 1]! - logs[k]! })),
  };
}

/** The model's price with the first k inputs as they are, for each k from 1 to all that the model knows. */
function stagePrices({
  base,
  capacity,
  remaining,
  history,
  calendar,
  sales,
  dispersion,
  waiting,
  shareLeft,
}: PriceInputs): number[] {
  const usual = usualPrior(base, capacity);
  const prior = history ?? usual;
  const range = priceRange(prior);
  const lastPrice = sales.at(-1)?.price ?? base;
  const price = (
    beliefs: DemandPosterior,
    stage: { calendar?: number; waiting?: number; shareLeft?: number; units?: number },
  ) =>
    bellmanPriceBetween(
      beliefs,
      {
        units: stage.units ?? capacity,
        shareLeft: (stage.shareLeft ?? 1) * (stage.calendar ?? 1),
        waiting: { units: stage.waiting ?? 0, lastPrice },
      },
      ...range,
    );
  const unlearned = posteriorOf(prior, []);
  const learned = sales.length > 0 ? posteriorOf(prior, sales, dispersion) : unlearned;
  const paced = sales.length > 0 ? levelPosteriorOf(prior, sales, dispersion) : unlearned;
  const fromHistory = history ? price(unlearned, {}) : base;
  const fromCalendar = calendar === 1 ? fromHistory : price(unlearned, { calendar });
  const fromPace = sales.length === 0 ? fromCalendar : price(paced, { calendar });
  const fromResponse = sales.length === 0 ? fromPace : price(learned, { calendar });
  const fromWaitlist = waiting === 0 ? fromResponse : price(learned, { calendar, waiting });
  const fromTime = shareLeft === 1 ? fromWaitlist : price(learned, { calendar, waiting, shareLeft });
  const fromStock =
    remaining === capacity ? fromTime : price(learned, { calendar, waiting, shareLeft, units: remaining });
  return [fromHistory, fromCalendar, fromPace, fromResponse, fromWaitlist, fromTime, fromStock];
}

function requireValid({
  base,
  capacity,
  remaining,
  calendar,
  dispersion,
  waiting,
  shareLeft,
  offset,
}: PriceInputs): void {
  const rules: [boolean, string][] = [
    [base > 0 && Number.isFinite(base), 'base must be above 0'],
    [Number.isInteger(capacity) && capacity >= 1, 'capacity must be a whole number of at least 1'],
    [
      Number.isInteger(remaining) && remaining >= 1 && remaining <= capacity,
      'remaining must be a whole number from 1 to capacity',
    ],
    [calendar > 0 && Number.isFinite(calendar), 'calendar must be above 0'],
    [dispersion >= 1 && Number.isFinite(dispersion), 'dispersion must be at least 1'],
    [waiting >= 0 && Number.isFinite(waiting), 'waiting must be at least 0'],
    [shareLeft >= 0 && shareLeft <= 1, 'shareLeft must lie between 0 and 1'],
    [Number.isFinite(offset), 'offset must be a number'],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new RangeError(broken[1]);
}
