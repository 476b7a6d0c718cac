import type { SalesPeriod } from '../price/demand-posterior.js';
import type { Market } from './market.js';

/** What a policy sees on the morning of a day. */
export interface MarketView {
  market: Market;
  day: number;
  left: number;
  /** Share of all arrivals from this day on. */
  shareLeft: number;
  /** The days so far. */
  sales: readonly SalesPeriod[];
}

/** One price a day, within the market's bounds. A policy is made anew for each event. */
export interface Policy {
  price(view: MarketView): number;
}

export type PolicyMaker = (event: number) => Policy;
