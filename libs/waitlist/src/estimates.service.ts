import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { EntryRecord } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { type Estimate, estimateOf } from './domain/estimate.js';
import { type FreedPace, type SoldPlaces, paceOf } from './domain/freed-places.js';
import { pastOf, soldAt } from './domain/sales-past.js';
import { type ListFacts, readFacts, readSales } from './persistence/outlook.repository.js';

/** Lists whose outlook is kept, and for how long: a minute changes little. */
const LISTS = 10_000;
const KEEP_MS = 60_000;

/** What the estimates of a list have in common. */
interface ListOutlook {
  facts: ListFacts;
  sold: SoldPlaces[];
  pace: FreedPace;
}

/** How likely those who wait are to be served, and when, by their event's own history. */
@Injectable()
export class EstimatesService {
  private readonly outlooks: LRUCache<string, ListOutlook, string>;

  constructor(private readonly shards: Shards) {
    this.outlooks = new LRUCache({
      max: LISTS,
      ttl: KEEP_MS,
      fetchMethod: (ticketTypeId, _, { context: eventId }) => this.read(eventId, ticketTypeId),
    });
  }

  /** Of entries that wait at these positions, by entry id. */
  async estimatesOf(
    entries: readonly EntryRecord[],
    positions: ReadonlyMap<string, number>,
  ): Promise<Map<string, Estimate>> {
    const estimates = new Map<string, Estimate>();
    for (const { id, eventId, ticketTypeId, quantity } of entries) {
      const position = positions.get(id);
      if (position === undefined) continue;
      const outlook = await this.outlooks.fetch(ticketTypeId, { context: eventId });
      if (!outlook) continue;
      const { daysToStart, daysLeft, party, offersMade, offersAccepted } = outlook.facts;
      const ahead = { entries: position - 1, places: Math.round((position - 1) * party) };
      const offers = { made: offersMade, accepted: offersAccepted };
      estimates.set(
        id,
        estimateOf({ sold: outlook.sold, ahead, quantity, daysToStart, daysLeft, offers }, outlook.pace),
      );
    }
    return estimates;
  }

  private async read(eventId: string, ticketTypeId: string): Promise<ListOutlook | undefined> {
    return this.shards.ofId(eventId).read(async ({ sql }) => {
      const facts = await readFacts(sql, eventId, ticketTypeId);
      if (!facts) return undefined;
      const sales = await readSales(sql, eventId, ticketTypeId);
      const pace = paceOf(pastOf(sales, Math.floor(facts.daysToStart)));
      return { facts, pace, sold: soldAt(sales, facts.daysToStart) };
    });
  }
}
