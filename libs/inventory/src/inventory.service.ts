import { Injectable, Logger } from '@nestjs/common';
import { Refusal, newId, pooledRandom } from '#libs/kernel';
import { Shards, type Tx, requireOwner, requireSlot } from '#libs/sharding';
import { currentTraceparent } from '#libs/tracing';
import type { RequestKey } from './domain/batch.js';
import type { BookingRecord } from './domain/booking-record.js';
import type { CheckInRecord } from './domain/check-in-record.js';
import type { Ask, Command, Outcome } from './domain/command.js';
import type { HoldRecord } from './domain/hold-record.js';
import { bookingReference } from './domain/reference.js';
import type { SeatPlan } from './domain/seats/seat-plan.js';
import type { EntryRecord } from './domain/waitlist/entry-record.js';
import type { WaitingFor } from './domain/waitlist/waiting-for.js';
import { errorOf } from './inventory.errors.js';
import { Lanes } from './lanes.service.js';
import { lockInventory, lockLane } from './persistence/locks.repository.js';
import { hasQueue } from './persistence/stock.repository.js';
import { SeatPlans } from './seat-plans.service.js';

/** A booking as it was when the request was first done. */
export interface BookingAnswer {
  booking: BookingRecord;
  replayed: boolean;
}

/** A hold as it was when the request was first done. */
export interface HoldAnswer {
  hold: HoldRecord;
  replayed: boolean;
}

/** A waitlist entry as it was when the request was first done, and the place in the list of one that joined. */
export interface EntryAnswer {
  entry: EntryRecord;
  position: number | null;
  /** Of one that joined: why it has no offer yet. */
  waitingFor: WaitingFor | null;
  /** Of one that was given an offer by hand. */
  offer: HoldRecord | null;
  replayed: boolean;
}

/** A ticket that was let in, with its booking. */
export interface CheckInAnswer extends BookingAnswer {
  checkIn: CheckInRecord;
}

type OwnEntry = Pick<EntryRecord, 'id' | 'eventId' | 'userId'>;

/**
 * The one way to what is scarce. Each call is one request to the lane of the event's shard: it is done entirely or
 * not at all, and refused with the codes of `inventoryRefusals`, `overloaded`, `shard_unavailable` (nothing was
 * done) or `outcome_unknown` (retry with the same key).
 */
@Injectable()
export class InventoryService {
  /** Where the seats of events are. */
  readonly plans: SeatPlans;
  private readonly log = new Logger('Inventory');
  /** Events whose promotion goes on, and whether it has to once more. */
  private readonly goingOn = new Map<string, boolean>();

  constructor(
    private readonly shards: Shards,
    private readonly lanes: Lanes,
  ) {
    this.plans = new SeatPlans(shards);
    lanes.onUnfinished = (eventIds) => eventIds.forEach((eventId) => this.goOn(eventId));
  }

  /**
   * Keeps free places or seats at today's price for `ttlMs`, and not past the end of sales; items of one type add up.
   */
  async hold(
    eventId: string,
    userId: string,
    asks: readonly Ask[],
    ttlMs: number,
    key: RequestKey | null,
  ): Promise<HoldAnswer> {
    const holdId = newId(requireSlot(eventId));
    const { outcome, replayed } = await this.withPlan(eventId, asks, (plan) =>
      this.submit({ kind: 'hold', eventId, userId, holdId, asks, plan, ttlMs }, key),
    );
    if (!('hold' in outcome)) throw otherThan('a hold');
    return { hold: outcome.hold, replayed };
  }

  /** Gives the places of a user's hold back; of one that is over already, nothing. Throws `hold_consumed`, `not_found`. */
  async release({ id, eventId, userId }: Pick<HoldRecord, 'id' | 'eventId' | 'userId'>): Promise<HoldRecord> {
    const { outcome } = await this.submit({ kind: 'release', eventId, userId, holdId: id }, null);
    if (!('hold' in outcome)) throw otherThan('a hold');
    return outcome.hold;
  }

  /** Makes a user's hold a booking at the prices that it locked, once. Throws `hold_consumed`, `hold_expired`, `not_found`. */
  async consume(
    { id, eventId, userId }: Pick<HoldRecord, 'id' | 'eventId' | 'userId'>,
    key: RequestKey | null,
  ): Promise<BookingAnswer> {
    const bookingId = newId(requireSlot(eventId));
    const reference = bookingReference(bookingId, pooledRandom(5));
    return this.doWithBooking({ kind: 'consume', eventId, userId, holdId: id, bookingId, reference }, key);
  }

  /** Books free places or seats; items of one type add up. */
  async book(
    eventId: string,
    userId: string,
    asks: readonly Ask[],
    key: RequestKey | null,
  ): Promise<BookingAnswer> {
    const bookingId = newId(requireSlot(eventId));
    const reference = bookingReference(bookingId, pooledRandom(5));
    return this.withPlan(eventId, asks, (plan) =>
      this.doWithBooking({ kind: 'book', eventId, userId, bookingId, reference, asks, plan }, key),
    );
  }

  /** Cancels a booking; a second time answers the same. `late`: also after the event has begun. */
  async cancel(
    booking: Pick<BookingRecord, 'id' | 'eventId'>,
    options: { late: boolean; reason: string | null },
    key: RequestKey | null,
  ): Promise<BookingAnswer> {
    return this.doWithBooking(
      { kind: 'cancel', eventId: booking.eventId, bookingId: booking.id, ...options },
      key,
    );
  }

  /**
   * Cancels up to `limit` (at most 1,000) bookings of a canceled event, and ends as many of its holds and waitlist
   * entries. None of either means that all are.
   */
  async cancelSome(
    eventId: string,
    limit: number,
  ): Promise<{ canceled: number; released: number; left: number }> {
    const { outcome } = await this.submit({ kind: 'cancelSome', eventId, limit }, null);
    if (!('canceled' in outcome)) throw otherThan('counts');
    return outcome;
  }

  /** Puts a person on the waitlist of a ticket type. Throws `tickets_available`, `already_waiting`. */
  join(
    eventId: string,
    userId: string,
    { ticketTypeId, quantity }: { ticketTypeId: string; quantity: number },
    key: RequestKey | null,
  ): Promise<EntryAnswer> {
    const slot = requireSlot(eventId);
    const ids = { entryId: newId(slot), holdId: newId(slot) };
    return this.doWithEntry({ kind: 'join', eventId, userId, ticketTypeId, quantity, ...ids }, key);
  }

  /** Makes a person's offer a booking at the price that it locked, once. Throws `offer_expired`, `no_offer`, `not_found`. */
  accept({ id, eventId, userId }: OwnEntry, key: RequestKey | null): Promise<BookingAnswer> {
    const bookingId = newId(requireSlot(eventId));
    const reference = bookingReference(bookingId, pooledRandom(5));
    return this.doWithBooking({ kind: 'accept', eventId, userId, entryId: id, bookingId, reference }, key);
  }

  /** Gives a person's offer to the next in line. Throws `offer_expired`, `no_offer`, `not_found`. */
  decline({ id, eventId, userId }: OwnEntry, key: RequestKey | null): Promise<EntryAnswer> {
    return this.doWithEntry({ kind: 'decline', eventId, userId, entryId: id }, key);
  }

  /** Takes a person off the list; of an entry that is over already, nothing. Throws `not_found`. */
  leave({ id, eventId, userId }: OwnEntry): Promise<EntryAnswer> {
    return this.doWithEntry({ kind: 'leave', eventId, userId, entryId: id }, null);
  }

  /** Gives an entry that waits another priority, 0 to 100. Throws `invalid_state`, `not_found`. */
  prioritize({ id, eventId }: Pick<OwnEntry, 'id' | 'eventId'>, priority: number): Promise<EntryAnswer> {
    return this.doWithEntry({ kind: 'prioritize', eventId, entryId: id, priority }, null);
  }

  /**
   * Offers places to an entry, whoever stands before it. Throws `invalid_state`, `event_not_bookable`, `sales_closed`,
   * `waitlist_closed`, `person_limit_reached`, `sold_out`, `not_found`.
   */
  offer({ id, eventId }: Pick<OwnEntry, 'id' | 'eventId'>, key: RequestKey | null): Promise<EntryAnswer> {
    return this.plans.with(eventId, (plan) =>
      this.doWithEntry({ kind: 'offer', eventId, entryId: id, plan }, key),
    );
  }

  /** Releases holds of an event that have lapsed, at most 256, and promotes who waits. Returns how many were released. */
  async expire(eventId: string): Promise<number> {
    const { outcome } = await this.submit({ kind: 'expire', eventId }, null);
    if (!('expired' in outcome)) throw otherThan('a count');
    return outcome.expired;
  }

  /**
   * Lets a booking's ticket in, once; `by` is the user or api key that scanned it. Throws `already_checked_in` (with
   * `checkedInAt`), `admission_canceled`, `not_found`.
   */
  async checkIn(
    ticket: Pick<CheckInRecord, 'bookingId' | 'eventId' | 'number' | 'by'>,
    key: RequestKey | null,
  ): Promise<CheckInAnswer> {
    const { outcome, replayed } = await this.submit({ kind: 'checkIn', ...ticket }, key);
    if (!('booking' in outcome) || !outcome.checkIn) throw otherThan('a check-in');
    return { booking: outcome.booking, checkIn: outcome.checkIn, replayed };
  }

  /**
   * Runs an edit of an event (capacity, publishing, canceling, blocking seats) as one transaction on its shard,
   * in its turn among the sales and under the same locks; then promotes who waits, if somebody does. Throws `not_found` for an unknown event. `work` does
   * nothing remote and is short: every sale of the shard waits for it.
   */
  async step<T>(eventId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const slot = requireSlot(eventId);
    const { done, waiting } = await this.shards.onOwner(slot, (shard) =>
      this.lanes.of(shard).exclusive(() =>
        shard.transaction(async (tx) => {
          await lockLane(tx);
          await requireOwner(tx, slot);
          await lockInventory(tx, eventId);
          return { done: await work(tx), waiting: await hasQueue(tx, eventId) };
        }),
      ),
    );
    if (waiting) this.goOn(eventId);
    return done;
  }

  /** Promotes who waits by another step of the lane, one at a time of an event; what fails, the worker's timer does again. */
  private goOn(eventId: string): void {
    if (this.goingOn.has(eventId)) return void this.goingOn.set(eventId, true);
    this.goingOn.set(eventId, false);
    const step = this.plans.with(eventId, (plan) => this.submit({ kind: 'expire', eventId, plan }, null));
    void step
      .catch((error: unknown) => {
        this.goingOn.set(eventId, false);
        this.log[error instanceof Refusal ? 'warn' : 'error']({
          msg: 'promotion not gone on with',
          err: error,
        });
      })
      .finally(() => {
        const again = this.goingOn.get(eventId);
        this.goingOn.delete(eventId);
        if (again) this.goOn(eventId);
      });
  }

  private async doWithEntry(command: Command, key: RequestKey | null): Promise<EntryAnswer> {
    const { outcome, replayed } = await this.submit(command, key);
    if (!('entry' in outcome)) throw otherThan('a waitlist entry');
    const { entry, position = null, waitingFor = null, offer = null } = outcome;
    return { entry, position, waitingFor, offer, replayed };
  }

  /** With the event's plan where seats are asked for: the lane itself reads nothing of it. */
  private withPlan<T>(
    eventId: string,
    asks: readonly Ask[],
    work: (plan: SeatPlan | null) => Promise<T>,
  ): Promise<T> {
    const seats = asks.some((ask) => 'seatIds' in ask || ask.bestAvailable);
    return seats ? this.plans.with(eventId, work) : work(null);
  }

  private async doWithBooking(command: Command, key: RequestKey | null): Promise<BookingAnswer> {
    const { outcome, replayed } = await this.submit(command, key);
    if (!('booking' in outcome)) throw otherThan('a booking');
    return { booking: outcome.booking, replayed };
  }

  private async submit(
    command: Command,
    key: RequestKey | null,
  ): Promise<{ outcome: Outcome; replayed: boolean }> {
    const answer = await this.shards.onOwner(requireSlot(command.eventId), (shard) =>
      this.lanes.of(shard).submit({ command, key, trace: currentTraceparent() }),
    );
    if ('refused' in answer) throw errorOf(answer.refused);
    return answer;
  }
}

function otherThan(what: string): Error {
  return new Error(`the lane answered with something else than ${what}`);
}
