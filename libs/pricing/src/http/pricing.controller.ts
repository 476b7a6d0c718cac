import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Roles, Scopes } from '#libs/identity';
import { refusals, validationFailed } from '#libs/kernel';
import { ApiProblems } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { Traced } from '#libs/tracing';
import { optimalPrice } from '../domain/price/optimal-price.js';
import { Simulations } from '../simulations.service.js';
import { OptimizeDto, OptimumDto, SimulateDto, SimulationDto } from './pricing.dto.js';

/** A posterior reads all days so far each day; this much is about a second for the slowest policy. */
const MOST_WORK = 720_000;

@ApiTags('Prices')
@Roles('organizer')
@Scopes('pricing:write')
@Traced()
@Controller('v1/pricing')
export class PricingController {
  constructor(private readonly simulations: Simulations) {}

  /**
   * The optimal price now of what remains to be sold, and the revenue to come
   * @remarks Buyers arrive as a Poisson process of rate `arrivalRate * exp(-priceSensitivity * price)`.
   */
  @Post('optimize')
  @HttpCode(200)
  optimize(@Body() { demand, remaining, timeLeft }: OptimizeDto): OptimumDto {
    const { arrivalRate, priceSensitivity } = demand;
    return optimalPrice({ arrivals: arrivalRate * timeLeft, priceSensitivity }, remaining);
  }

  /**
   * What a pricing policy earns in a simulated market
   * @remarks The policy knows the curve and the population, not the event's own level and willingness to pay.
   */
  @Post('simulate')
  @Limited({ operation: 'simulation' })
  @HttpCode(200)
  @ApiProblems(refusals, 'overloaded')
  async simulate(@Body() body: SimulateDto): Promise<SimulationDto> {
    const { market, policy, world = 'model', events = 100, seed = 1 } = body;
    if (market.lowestPrice >= market.highestPrice) {
      throw validationFailed([{ path: 'market.highestPrice', message: 'must be above lowestPrice' }]);
    }
    if (events * market.days ** 2 > MOST_WORK) {
      const most = Math.floor(MOST_WORK / market.days ** 2);
      throw validationFailed([{ path: 'events', message: `must be at most ${most} with so many days` }]);
    }
    const { revenue, sold, ofFixed, ofReference } = await this.simulations.run({
      market: { ...market },
      policy,
      world,
      events,
      seed,
    });
    return { policy, events, revenue, sold, ofFixed, ofClairvoyant: ofReference };
  }
}
