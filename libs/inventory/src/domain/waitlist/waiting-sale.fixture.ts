import { newId } from '#libs/kernel';
import { type Answer, type BatchDecisions, type BatchState, decideBatch } from '../batch.js';
import type { BookingRecord } from '../booking-record.js';
import { putEntry } from '../change.js';
import type { Command } from '../command.js';
import type { HoldRecord } from '../hold-record.js';
import { type EventInventory, type TicketTypeState, type WaitlistSettings, personKey } from '../inventory.js';
import { type EntryRecord, rankOf } from './entry-record.js';
import { FIRST_SETTINGS } from './waitlist-settings.js';

export const EVENT = newId(7);
export const OFFER_MS = 900_000;
const OPENED = 1_000_000_000;

export interface WaitingSaleOptions {
  /** One general ticket type each. */
  capacities?: number[];
  maxPerPerson?: number | null;
  /** What a batch reads of a queue: entries of a size, and those who may be passed over. */
  offers?: number;
  patient?: number;
}

/** What a command does without the event's id, which is always the same. */
export type Asked = Command extends infer C ? (C extends Command ? Omit<C, 'eventId'> : never) : never;

/** An event on sale whose rows are kept in memory; a batch is given of them what the lane's reader would read. */
export class WaitingSale {
  now = OPENED;
  joined = 0;
  settings: WaitlistSettings = FIRST_SETTINGS;
  readonly endOfSales = OPENED + 100 * 86_400_000;
  readonly types: Map<string, TicketTypeState>;
  readonly entries = new Map<string, EntryRecord>();
  readonly holds = new Map<string, HoldRecord>();
  readonly bookings = new Map<string, BookingRecord>();
  /** Events that the last batch was not done with. */
  unfinished = false;
  private readonly offers: number;
  private readonly patient: number;

  constructor({
    capacities = [10],
    maxPerPerson = null,
    offers = 50,
    patient = 64,
  }: WaitingSaleOptions = {}) {
    this.offers = offers;
    this.patient = patient;
    const type = (available: number, i: number): TicketTypeState => ({
      ...{ id: `t${i}`, kind: 'general', price: 1000, priceVersion: 1, maxPerBooking: 10, maxPerPerson },
      ...{ available, held: 0, booked: 0, offered: 0, reserved: 0, waiting: 0 },
    });
    this.types = new Map(capacities.map((capacity, i) => [`t${i}`, type(capacity, i)]));
  }

  /** One batch of these commands. `seen`: the state before it and what it decided, for whoever checks laws. */
  do(asked: readonly Asked[], seen?: (before: WaitingSale, decided: BatchDecisions) => void): Answer[] {
    const before = seen && this.copy();
    const commands = asked.map((one) => ({ ...one, eventId: EVENT }));
    const state = this.read(commands);
    const decided = decideBatch(
      state,
      commands.map((command) => ({ command, key: null, trace: null })),
    );
    this.write(state.inventories.get(EVENT)!, decided);
    seen?.(before!, decided);
    return decided.answers;
  }

  /** What the lane does by itself until it is done. */
  goOn(seen?: (before: WaitingSale, decided: BatchDecisions) => void): void {
    for (let steps = 0; this.unfinished; steps++) {
      if (steps > 1000) throw new Error('promotion goes on for ever');
      this.do([{ kind: 'expire' }], seen);
    }
  }

  waiting(typeId = 't0'): EntryRecord[] {
    const own = [...this.entries.values()].filter((e) => e.status === 'waiting' && e.ticketTypeId === typeId);
    return own.sort((a, b) => rankOf(a) - rankOf(b));
  }

  placesOf(userId: string, typeId: string): number {
    const live = [
      ...[...this.bookings.values()].filter((b) => b.status === 'confirmed'),
      ...[...this.holds.values()].filter((h) => h.status === 'active' && h.expiresAt > this.now),
    ];
    return live
      .filter((one) => one.userId === userId)
      .flatMap((one) => one.items)
      .filter((item) => item.ticketTypeId === typeId)
      .reduce((sum, item) => sum + item.quantity, 0);
  }

  copy(): WaitingSale {
    const copy = new WaitingSale();
    return Object.assign(copy, structuredClone({ ...this }));
  }

  /** As the lane's reader does. */
  read(commands: readonly Command[]): BatchState {
    const { now, offers } = this;
    const inventory = this.empty(commands.flatMap((c) => ('userId' in c ? c.userId : [])));
    for (const command of commands) {
      if ('bookingId' in command) this.give(inventory.bookings, this.bookings, command.bookingId);
      if ('holdId' in command) this.give(inventory.holds, this.holds, command.holdId);
      const entry = 'entryId' in command ? this.entries.get(command.entryId) : undefined;
      if (entry) putEntry(inventory, { ...entry });
      if (entry?.status === 'offered') this.give(inventory.holds, this.holds, entry.holdId);
    }
    for (const hold of this.holds.values()) {
      if (hold.status === 'active' && hold.expiresAt <= now) inventory.holds.set(hold.id, hold);
    }
    for (const entry of this.entries.values())
      if (!entry.endedAt) this.readLiving(inventory, entry, commands);
    for (const hold of inventory.holds.values()) {
      if (hold.entryId && !inventory.entries.has(hold.entryId)) {
        putEntry(inventory, { ...this.entries.get(hold.entryId)! });
      }
    }
    for (const type of this.types.values()) this.readQueue(inventory, type);
    return { now, inventories: new Map([[EVENT, inventory]]), stored: new Map(), offerMs: OFFER_MS, offers };
  }

  private readLiving(inventory: EventInventory, entry: EntryRecord, commands: readonly Command[]): void {
    const asks = commands.some((c) => 'userId' in c && c.userId === entry.userId);
    const frees = [...inventory.bookings.values(), ...inventory.holds.values()];
    if (asks || frees.some((one) => one.userId === entry.userId)) putEntry(inventory, { ...entry });
  }

  private readQueue(inventory: EventInventory, type: TicketTypeState): void {
    const waiting = this.waiting(type.id);
    const freeable = [...inventory.bookings.values(), ...inventory.holds.values()]
      .flatMap((one) => one.items)
      .filter((item) => item.ticketTypeId === type.id)
      .reduce((sum, item) => sum + item.quantity, 0);
    const places = type.available + type.reserved + freeable;
    const gatherer = waiting.find((entry) => entry.gatheringUntil !== null);
    if (gatherer) putEntry(inventory, { ...gatherer });
    if (places === 0) return;
    const patient = waiting.filter((entry) => entry.gatheringSince === null).slice(0, this.patient);
    for (const entry of patient) putEntry(inventory, { ...entry });
    for (const [quantity, all] of Map.groupBy(waiting, (entry) => entry.quantity)) {
      if (quantity > places) continue;
      const most = Math.min(this.offers, Math.floor(places / quantity));
      const limit = type.maxPerPerson ?? Infinity;
      const first = all.filter((e) => this.placesOf(e.userId, type.id) + quantity <= limit).slice(0, most);
      for (const entry of first) putEntry(inventory, { ...entry });
      if (first.length === most) inventory.queues.get(type.id)!.endsAt(quantity, rankOf(first.at(-1)!));
    }
  }

  private empty(asking: readonly string[]): EventInventory {
    const users = new Set(
      [...this.entries.values(), ...this.holds.values(), ...this.bookings.values()].map((r) => r.userId),
    );
    const taken = [...users, ...asking].flatMap((user) =>
      [...this.types.keys()].map((id): [string, number] => [personKey(user, id), this.placesOf(user, id)]),
    );
    return {
      ...{ eventId: EVENT, version: 1, joined: this.joined, planVersion: 1, plan: null, lapsed: 0 },
      terms: {
        ...{ organizationId: 'org', status: 'published', currency: 'EUR', endsAt: null, salesStartAt: null },
        ...{ startsAt: this.endOfSales, salesEndAt: null },
      },
      waitlist: { ...this.settings },
      types: new Map([...this.types].map(([id, type]) => [id, { ...type }])),
      taken: new Map(taken),
      ...{ seats: new Map(), holds: new Map(), bookings: new Map(), checkIns: new Map() },
      ...{ entries: new Map(), living: new Map(), queues: new Map(), freed: new Map() },
    };
  }

  private give<T>(to: Map<string, T>, from: ReadonlyMap<string, T>, id: string): void {
    const one = from.get(id);
    if (one) to.set(id, one);
  }

  private write(inventory: EventInventory, decided: BatchDecisions): void {
    this.joined = inventory.joined;
    this.unfinished = decided.unfinished.length > 0;
    for (const type of inventory.types.values()) this.types.set(type.id, type);
    for (const { change } of decided.changes) {
      if (change.kind === 'held' || change.kind === 'unheld') this.holds.set(change.hold.id, change.hold);
      if (change.kind === 'booked' || change.kind === 'canceled')
        this.bookings.set(change.booking.id, change.booking);
      if (change.kind === 'entry') this.entries.set(change.entry.id, change.entry);
    }
  }
}

/** Who asks. */
export const USERS = Array.from({ length: 12 }, (_, i) => `u${i}`);
