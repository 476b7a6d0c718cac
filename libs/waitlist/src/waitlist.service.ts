import { Injectable } from '@nestjs/common';
import {
  type EntryRecord,
  InventoryService,
  type WaitingFor,
  inventoryRefusals,
  rankOf,
  whatFor,
} from '#libs/inventory';
import { type Page, decodeCursor, refusals, slotOfId, toPage } from '#libs/kernel';
import { Master, Shards } from '#libs/sharding';
import {
  type FoundEntry,
  type Offer,
  findEntries,
  findEntriesOfEvent,
} from './persistence/entries.repository.js';
import type { Estimate } from './domain/estimate.js';
import { EstimatesService } from './estimates.service.js';
import { findUserEntries } from './persistence/user-entries.repository.js';
import { requireManaged } from './managed-event.check.js';
import { type Person, type SentKey, keyOf } from './person.types.js';
import { PositionsService } from './positions.service.js';

/** A waitlist entry as it stands. */
export interface Standing {
  entry: EntryRecord;
  /** From 1 among those who wait for the ticket type; null for one that does not. */
  position: number | null;
  /** While it can be accepted. */
  offer: Offer | null;
  /** Whether and when it is likely to be served; null for one that does not wait, and where nobody asked. */
  estimate: Estimate | null;
  /** While it waits: why it has no offer yet. */
  waitingFor: WaitingFor | null;
}

export interface OwnFilter {
  eventId?: string;
  limit: number;
  cursor?: string;
}

export interface EventFilter {
  ticketTypeId?: string;
  status: EntryRecord['status'];
  limit: number;
  cursor?: string;
}

/** More of one thing than anybody is ever sold at once. */
const MAX_QUANTITY = 10_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OWN_LIST = 'waitlist';
const EVENT_LIST = 'event-waitlist';

/** Waiting for places that are taken, and the lists of those who wait. */
@Injectable()
export class WaitlistService {
  constructor(
    private readonly inventory: InventoryService,
    private readonly shards: Shards,
    private readonly master: Master,
    private readonly positions: PositionsService,
    private readonly estimates: EstimatesService,
  ) {}

  /** Puts the caller on the list of a ticket type; refused with the codes of `inventoryRefusals`. */
  async join(
    person: Person,
    eventId: string,
    wish: { ticketTypeId: string; quantity: number },
    sent: SentKey | null,
  ): Promise<Standing & { replayed: boolean }> {
    requireQuantity(wish.quantity);
    const { entry, position, waitingFor, replayed } = await this.inventory.join(
      eventId,
      person.userId,
      wish,
      keyOf(person, sent),
    );
    return { entry, position, waitingFor, offer: null, estimate: null, replayed };
  }

  /** An entry of the caller's own, also when it is over; `not_found` otherwise. */
  async get(person: Person, entryId: string): Promise<Standing> {
    const standing = await this.standingOf(await this.findOwn(person, entryId));
    return (await this.withEstimates([standing]))[0]!;
  }

  /** The caller's own entries on all lists, newest first. */
  async list(person: Person, { eventId, limit, cursor }: OwnFilter): Promise<Page<Standing>> {
    const after = cursor === undefined ? null : ownCursor(cursor);
    const which = { userId: person.userId, eventId: eventId ?? null };
    const rows = await this.master.read(({ sql }) => findUserEntries(sql, which, after, limit + 1));
    const { data, nextCursor } = toPage(OWN_LIST, rows, limit, (row) => [row.id, row.joinedAt.toISOString()]);
    const found = await this.findAll(data.map((row) => row.id));
    return { data: await this.withEstimates(await this.standingsOf(found)), nextCursor };
  }

  /** Gives the caller's offer to the next in line; refused with `offer_expired`, `no_offer`, `not_found`. */
  async decline(
    person: Person,
    entryId: string,
    sent: SentKey | null,
  ): Promise<Standing & { replayed: boolean }> {
    const { entry: own } = await this.findOwn(person, entryId);
    const { entry, replayed } = await this.inventory.decline(own, keyOf(person, sent));
    return { entry, position: null, waitingFor: null, offer: null, estimate: null, replayed };
  }

  /** Takes the caller off the list, with the offer if there is one; of an entry that is over, nothing. Throws `not_found`. */
  async leave(person: Person, entryId: string): Promise<void> {
    await this.inventory.leave((await this.findOwn(person, entryId)).entry);
  }

  /** The entries of an event that the caller manages, of one state, in the order of serving; `not_found` otherwise. */
  async listOfEvent(
    person: Person,
    eventId: string,
    { ticketTypeId, status, limit, cursor }: EventFilter,
  ): Promise<Page<Standing>> {
    await requireManaged(this.shards, person, eventId);
    const afterRank = cursor === undefined ? null : rankCursor(cursor);
    const filter = { status, ticketTypeId: ticketTypeId ?? null };
    const rows = await this.shards
      .ofId(eventId)
      .readNow(({ sql }) => findEntriesOfEvent(sql, eventId, filter, afterRank, limit + 1));
    const { data, nextCursor } = toPage(EVENT_LIST, rows, limit, ({ entry }) => [rankOf(entry)]);
    return { data: await this.standingsOf(data), nextCursor };
  }

  /** Moves an entry of an event that the caller manages in the order; refused with `invalid_state`, `not_found`. */
  async prioritize(person: Person, entryId: string, priority: number): Promise<Standing> {
    const found = await this.findManaged(person, entryId);
    const { entry } = await this.inventory.prioritize(found.entry, priority);
    return this.standingOf({ ...found, entry });
  }

  private async withEstimates(standings: readonly Standing[]): Promise<Standing[]> {
    const positions = new Map(
      standings.flatMap(({ entry, position }) => (position === null ? [] : [[entry.id, position] as const])),
    );
    const estimates = await this.estimates.estimatesOf(
      standings.map(({ entry }) => entry),
      positions,
    );
    return standings.map((standing) => ({ ...standing, estimate: estimates.get(standing.entry.id) ?? null }));
  }

  /** Offers places to an entry of an event that the caller manages, whoever stands before it. */
  async offer(
    person: Person,
    entryId: string,
    sent: SentKey | null,
  ): Promise<Standing & { replayed: boolean }> {
    const { entry: own } = await this.findManaged(person, entryId);
    const { entry, offer, replayed } = await this.inventory.offer(own, keyOf(person, sent));
    if (!offer) throw new Error(`entry ${entry.id} was offered places without a hold`);
    const { id: holdId, expiresAt, total, currency } = offer;
    const open = { holdId, expiresAt, total, currency };
    return { entry, position: null, waitingFor: null, offer: open, estimate: null, replayed };
  }

  private async findManaged(person: Person, entryId: string): Promise<FoundEntry> {
    const [found] = await this.findAll([entryId]);
    if (!found || !person.manages(found.organizationId)) throw noSuchEntry();
    return found;
  }

  private async findOwn(person: Person, entryId: string): Promise<FoundEntry> {
    const [found] = await this.findAll([entryId]);
    if (found?.entry.userId !== person.userId) throw noSuchEntry();
    return found;
  }

  /** In the order of the ids. */
  private async findAll(ids: readonly string[]): Promise<FoundEntry[]> {
    const byShard = Map.groupBy(ids, (id) => this.shards.ofId(id));
    const found = await Promise.all(
      [...byShard].map(([shard, own]) => shard.readNow(({ sql }) => findEntries(sql, own))),
    );
    const byId = new Map(found.flat().map((one) => [one.entry.id, one]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  private async standingOf(found: FoundEntry): Promise<Standing> {
    return (await this.standingsOf([found]))[0]!;
  }

  private async standingsOf(found: readonly FoundEntry[]): Promise<Standing[]> {
    const positions = await this.positions.positionsOf(found.map(({ entry }) => entry));
    return found.map(({ entry, offer, list, now }) => {
      const position = positions.get(entry.id) ?? null;
      const waitingFor = position === null ? null : whatFor(entry, position, list, now);
      return { entry, offer, position, waitingFor, estimate: null };
    });
  }
}

/** A hostile quantity needs no turn in the lane to be refused. */
function requireQuantity(quantity: number): void {
  if (Number.isSafeInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY) return;
  throw inventoryRefusals.quantity_out_of_range('A quantity is a whole number from 1 up.', { min: 1 });
}

/** Id and time of the last entry seen; `invalid_cursor` for anything else. */
function ownCursor(cursor: string): [id: string, joinedAt: string] {
  const [id, time] = decodeCursor(OWN_LIST, 2, cursor).map(String) as [string, string];
  if (slotOfId(id) === null || !UUID.test(id) || Number.isNaN(Date.parse(time))) throw invalidCursor();
  return [id, time];
}

/** The rank of the last entry seen; `invalid_cursor` for anything else. */
function rankCursor(cursor: string): number {
  const [rank] = decodeCursor(EVENT_LIST, 1, cursor);
  if (typeof rank !== 'number' || !Number.isSafeInteger(rank)) throw invalidCursor();
  return rank;
}

function invalidCursor() {
  return refusals.invalid_cursor('The cursor is not one that this list gave; start again without it.');
}

function noSuchEntry() {
  return refusals.not_found('There is no such waitlist entry.');
}
