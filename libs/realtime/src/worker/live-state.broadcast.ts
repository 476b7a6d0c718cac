import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import type { Broadcast, Broadcaster } from '#libs/outbox';
import { type Shard, Shards } from '#libs/sharding';
import { availabilityData, seatsData } from '../domain/live-state.js';
import { STATE_TYPES, type StateType } from '../live-message.mapping.js';
import { MAX_SEATS, readCounters, readSeats } from '../persistence/live-state.repository.js';
import { LiveStreams, PACE_MS, type Outcome, type Publication } from '../streams/live-streams.client.js';
import { LivePublisher } from './live-publisher.service.js';

/** Events read in one statement. */
const TOGETHER = 200;

/** What is to be told of an event, and who waits for it. */
interface Pending {
  eventId: string;
  availability: boolean;
  seats: Set<string>;
  waiting: { resolve: () => void; reject: (error: unknown) => void }[];
}

/**
 * Tells the newest state of events, read from the primary when it is told: a topic gets each kind of message every 220 ms at
 * the most, so what changes faster is told together. The pace and the order of versions hold over all workers, by Redis.
 */
@Injectable()
export class LiveState implements Broadcaster<StateType> {
  private readonly pending = new Map<string, Pending>();
  /** Events that were told lately, and from when they may be told again. */
  private readonly notBefore = new Map<string, number>();
  private readonly busy = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly shards: Shards,
    private readonly streams: LiveStreams,
    private readonly publisher: LivePublisher,
  ) {}

  /** Resolves when the state that these DomainEvents led to, or a newer one, has been told. */
  async tell(events: DomainEvent<StateType>[]): Promise<void> {
    const told = events.map((event) => {
      const pending = this.pendingOf(event.payload.eventId);
      if (event.type === 'seats.changed') for (const seat of event.payload.seats) pending.seats.add(seat.id);
      else pending.availability = true;
      return new Promise<void>((resolve, reject) => pending.waiting.push({ resolve, reject }));
    });
    this.schedule(0);
    await Promise.all(told);
  }

  private pendingOf(eventId: string): Pending {
    const known = this.pending.get(eventId);
    if (known) return known;
    const pending: Pending = { eventId, availability: false, seats: new Set(), waiting: [] };
    this.pending.set(eventId, pending);
    return pending;
  }

  private schedule(ms: number): void {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.flush();
    }, ms);
  }

  /** Tells what is due, and comes back when something else is. */
  private flush(): void {
    const now = performance.now();
    for (const [eventId, at] of this.notBefore) if (at <= now) this.notBefore.delete(eventId);
    const due: Pending[] = [];
    for (const [eventId, pending] of this.pending) {
      if (this.busy.has(eventId) || this.notBefore.has(eventId)) continue;
      this.pending.delete(eventId);
      this.busy.add(eventId);
      due.push(pending);
    }
    for (const [shard, ofShard] of Map.groupBy(due, ({ eventId }) => this.shards.ofId(eventId))) {
      for (let i = 0; i < ofShard.length; i += TOGETHER)
        void this.tellSome(shard, ofShard.slice(i, i + TOGETHER));
    }
    this.scheduleNext(now);
  }

  private scheduleNext(now: number): void {
    const idle = [...this.pending.keys()].filter((eventId) => !this.busy.has(eventId));
    const at = Math.min(...idle.map((eventId) => this.notBefore.get(eventId) ?? now));
    if (at < Infinity) this.schedule(Math.max(1, Math.ceil(at - now)));
  }

  private async tellSome(shard: Shard, some: Pending[]): Promise<void> {
    try {
      const followed = await this.followed(some);
      for (const pending of followed) this.leaveRest(pending);
      const state = await readState(shard, followed);
      const outcomes = await this.publisher.publish(state.map(({ publication }) => publication));
      if (outcomes)
        state.forEach(({ pending, publication }, i) => this.note(pending, publication, outcomes[i]!));
      for (const { waiting } of some) for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { waiting } of some) for (const { reject } of waiting) reject(error);
    } finally {
      for (const { eventId } of some) this.busy.delete(eventId);
      this.scheduleNext(performance.now());
    }
  }

  /** Those that somebody follows; the others are as good as told. */
  private async followed(some: Pending[]): Promise<Pending[]> {
    try {
      const followed = await this.streams.followed(
        some.map(({ eventId }) => ({ kind: 'event', id: eventId })),
      );
      return some.filter((_, i) => followed[i]);
    } catch {
      // Redis is away: the publisher finds out, and sees to it that everybody starts anew.
      return some;
    }
  }

  /** What is too much for one message goes into the next. */
  private leaveRest(pending: Pending): void {
    if (pending.seats.size <= MAX_SEATS) return;
    const rest = [...pending.seats].slice(MAX_SEATS);
    for (const seat of rest) pending.seats.delete(seat);
    this.again(pending, { availability: false, seats: rest });
  }

  /** Notes when the topic may be told again; what was too soon, or was read too early, is read and told anew. */
  private note(pending: Pending, { event }: Publication, outcome: Outcome): void {
    const wait = typeof outcome === 'object' ? outcome.wait : outcome === 'told' ? PACE_MS : 0;
    const at = performance.now() + wait;
    if (wait) this.notBefore.set(pending.eventId, Math.max(this.notBefore.get(pending.eventId) ?? 0, at));
    const tooSoon = typeof outcome === 'object';
    if (event === 'seats.changed') {
      if (tooSoon || outcome === 'stale') this.again(pending, { availability: false, seats: pending.seats });
    } else if (tooSoon) this.again(pending, { availability: true, seats: [] });
  }

  private again(
    { eventId, waiting }: Pending,
    what: { availability: boolean; seats: Iterable<string> },
  ): void {
    const pending = this.pendingOf(eventId);
    pending.availability ||= what.availability;
    for (const seat of what.seats) pending.seats.add(seat);
    pending.waiting.push(...waiting.splice(0));
  }
}

/** What there is to say of each event, as it is now. The version is read first: the seats are of that version or a newer one. */
async function readState(
  shard: Shard,
  some: readonly Pending[],
): Promise<{ pending: Pending; publication: Publication }[]> {
  if (!some.length) return [];
  const ids = some.map(({ eventId }) => eventId);
  const seatIds = some.flatMap(({ seats }) => [...seats]);
  const { counters, seats } = await shard.onPrimary(async ({ sql }) => ({
    counters: await readCounters(sql, ids),
    seats: Map.groupBy(await readSeats(sql, ids, seatIds), ({ eventId }) => eventId),
  }));
  return counters.flatMap((state) => {
    const { eventId: id, version } = state;
    const pending = some.find(({ eventId }) => eventId === id)!;
    const say = (event: StateType, data: object) => {
      const publication: Publication = { topic: { kind: 'event', id }, event, data, guard: { version } };
      return { pending, publication };
    };
    return [
      ...(pending.availability ? [say('availability.changed', availabilityData(state))] : []),
      ...(pending.seats.size ? [say('seats.changed', seatsData(id, version, seats.get(id) ?? []))] : []),
    ];
  });
}

/** The counters and the seats of events, told as they change. */
export const liveState: Broadcast<StateType> = {
  name: 'live-state',
  types: STATE_TYPES,
  use: LiveState,
};
