import { IsIn, IsInt, IsNumber, IsPositive, Max, Min } from 'class-validator';
import { IsObjectOf, Omittable } from '#libs/problem';
import { POLICIES, type PolicyName } from '../domain/market/tournament.js';
import { WORLDS, type World } from '../domain/market/market.js';

/** Past these a number means nothing as a price, a rate or a time, and products of them stay finite. */
const LARGEST = 1e12;
const MOST_REMAINING = 1_000_000;

export class DemandDto {
  /** @example "exponential" */
  @IsIn(['exponential'])
  model!: 'exponential';

  /**
   * Buyers a unit of time at price 0.
   * @example 20
   */
  @IsNumber()
  @Min(0)
  @Max(LARGEST)
  arrivalRate!: number;

  /**
   * One over the mean willingness to pay, per unit of money.
   * @example 0.05
   */
  @IsNumber()
  @Min(1 / LARGEST)
  @Max(LARGEST)
  priceSensitivity!: number;
}

export class OptimizeDto {
  @IsObjectOf(() => DemandDto)
  demand!: DemandDto;

  /**
   * Units still to be sold.
   * @example 10
   */
  @IsInt()
  @Min(0)
  @Max(MOST_REMAINING)
  remaining!: number;

  /**
   * In the unit of time of `arrivalRate`.
   * @example 1
   */
  @IsNumber()
  @Min(0)
  @Max(LARGEST)
  timeLeft!: number;
}

export class OptimumDto {
  /**
   * The optimal price now; `null` if nothing remains.
   * @example 21.96245457760181
   */
  price!: number | null;
  /**
   * What the rest earns on average at the optimal price of every moment.
   * @example 144.46213275650562
   */
  expectedRevenue!: number;
}

/** One stock that is sold by daily reviews. Over events the level and the willingness to pay are lognormal. */
export class MarketDto {
  /** @example 150 */
  @IsInt()
  @Min(1)
  @Max(10_000)
  units!: number;

  /** @example 60 */
  @IsInt()
  @Min(2)
  @Max(365)
  days!: number;

  /** @example 10 */
  @IsPositive()
  @Max(1e6)
  lowestPrice!: number;

  /** @example 300 */
  @IsPositive()
  @Max(1e6)
  highestPrice!: number;

  /**
   * Median over events of the arrivals in all at price 0.
   * @example 600
   */
  @IsNumber()
  @Min(1)
  @Max(100_000)
  medianLevel!: number;

  /**
   * Standard deviation of the logarithm of the level.
   * @example 0.6
   */
  @IsNumber()
  @Min(0.01)
  @Max(2)
  sdLogLevel!: number;

  /**
   * Median over events of the mean willingness to pay.
   * @example 40
   */
  @IsNumber()
  @Min(0.01)
  @Max(1e6)
  medianWorth!: number;

  /**
   * Standard deviation of the logarithm of the mean willingness to pay.
   * @example 0.35
   */
  @IsNumber()
  @Min(0.01)
  @Max(2)
  sdLogWorth!: number;
}

export class SimulateDto {
  @IsObjectOf(() => MarketDto)
  market!: MarketDto;

  /** @example "Bayes" */
  @IsIn(POLICIES)
  policy!: PolicyName;

  /**
   * How demand truly behaves; policies believe in `model`.
   * @example "model"
   */
  @Omittable()
  @IsIn(WORLDS)
  world?: World;

  /**
   * Events to sell; events · days² at most 720,000.
   * @example 100
   */
  @Omittable()
  @IsInt()
  @Min(2)
  @Max(1000)
  events?: number;

  /**
   * The same seed gives the same answer.
   * @example 1
   */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  seed?: number;
}

/** A ratio with its 95 % confidence interval. */
export class RatioDto {
  /** @example 1.307 */
  value!: number;
  /** @example 1.245 */
  low!: number;
  /** @example 1.368 */
  high!: number;
}

export class SimulationDto {
  /** @example "Bayes" */
  policy!: string;
  /** @example 100 */
  events!: number;
  /**
   * Mean revenue an event.
   * @example 7251.3
   */
  revenue!: number;
  /**
   * Mean share of the units that was sold.
   * @example 0.9
   */
  sold!: number;
  /** Revenue over that of the best fixed price of the population, at the same buyers. */
  ofFixed!: RatioDto;
  /** Revenue over the optimum J of a clairvoyant who moves the price at every moment, were the model true. */
  ofClairvoyant!: RatioDto;
}
