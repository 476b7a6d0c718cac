import { LRUCache } from 'lru-cache';
import { refusals } from '#libs/kernel';
import type { Shards, Tx } from '#libs/sharding';
import type { SeatPlan } from './domain/seats/seat-plan.js';
import { readSeatPlan } from './persistence/seat-plan.repository.js';

/** Seats of all plans that a process keeps: 30 bytes each, and 170 more where their list is asked for. */
const KEPT_SEATS = 500_000;
/** What a plan costs besides its seats, so that events without any are not kept without end either. */
const BASE = 100;
/** A plan changes when its organizer draws: nobody does so all the time. */
const TRIES = 3;

/** The plan that was worked with is not the event's any more. */
export class StalePlan extends Error {}

/**
 * The seat plans of events, kept in memory as long as they are the events' plans. Whoever changes something compares
 * the version under the event's lock and throws `StalePlan`, so an old one does no harm.
 */
export class SeatPlans {
  private readonly kept = new LRUCache<string, SeatPlan>({
    maxSize: KEPT_SEATS,
    sizeCalculation: (plan) => plan.seats + BASE,
  });
  /** Those being read, by event and version, so that a crowd reads once. */
  private readonly coming = new Map<string, Promise<SeatPlan | null>>();

  constructor(private readonly shards: Shards) {}

  /** Does work with the event's plan (null: no such event), and again with a newer one when it throws `StalePlan`. */
  async with<T>(eventId: string, work: (plan: SeatPlan | null) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work(this.kept.get(eventId) ?? (await this.readLatest(eventId)));
      } catch (error) {
        if (!(error instanceof StalePlan)) throw error;
        this.kept.delete(eventId);
        if (tries === TRIES)
          throw refusals.overloaded('The seats are being drawn; nothing was done. Try again.');
      }
    }
  }

  /**
   * The plan of that version, from memory or from the database whose state it is to explain; null when that database
   * has another version by now.
   */
  async ofVersion(sql: Tx, eventId: string, version: number): Promise<SeatPlan | null> {
    const kept = this.kept.get(eventId);
    const plan =
      kept?.version === version
        ? kept
        : await this.read(`${eventId} ${version}`, () => readSeatPlan(sql, eventId));
    return plan?.version === version ? plan : null;
  }

  private readLatest(eventId: string): Promise<SeatPlan | null> {
    const shard = this.shards.ofId(eventId);
    return this.read(eventId, () => shard.onPrimary(({ sql }) => readSeatPlan(sql, eventId)));
  }

  private async read(what: string, read: () => Promise<SeatPlan | null>): Promise<SeatPlan | null> {
    const coming = this.coming.get(what) ?? read().finally(() => this.coming.delete(what));
    this.coming.set(what, coming);
    const plan = await coming;
    // A replica may know less than was read before.
    const newer = plan && plan.version > (this.kept.get(plan.eventId)?.version ?? 0);
    if (newer) this.kept.set(plan.eventId, plan);
    return plan;
  }
}
