import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { EntryRecord } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { type Estimate, estimateOf } from './domain/estimate.js';
import { type FreedPace, paceOf } from './domain/freed-places.js';
import { pastOf } from './domain/sales-past.js';
import { type ListFacts, readFacts, readSalesDays } from './persistence/outlook.repository.js';

/** Lists whose outlook is kept, and for how long: a minute changes little. */
const LISTS = 10_000;
const KEEP_MS = 60_000;

/** How likely those who wait are to be served, and when, by their event's own history. */
@Injectable()
export class EstimatesService {
  private readonly outlooks: LRUCache<string, { facts: ListFacts; pace: FreedPace }, string>;

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
      const { sold, daysToStart, daysLeft, party, offersMade, offersAccepted } = outlook.facts;
      const ahead = { entries: position - 1, places: Math.round((position - 1) * party) };
      const offers = { made: offersMade, accepted: offersAccepted };
      estimates.set(id, estimateOf({ sold, ahead, quantity, daysToStart, daysLeft, offers }, outlook.pace));
    }
    return estimates;
  }

  private async read(eventId: string, ticketTypeId: string) {
    return this.shards.ofId(eventId).read(async ({ sql }) => {
      const facts = await readFacts(sql, eventId, ticketTypeId);
      if (!facts) return undefined;
      const days = await readSalesDays(sql, eventId, ticketTypeId);
      return { facts, pace: paceOf(pastOf(days, Math.floor(facts.daysToStart))) };
    });
  }
}
