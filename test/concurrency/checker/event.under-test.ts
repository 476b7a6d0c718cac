import { createHash } from 'node:crypto';
import {
  type Ask,
  BOOKING_COLUMNS,
  type BookingRecord,
  type BookingRow,
  HOLD_COLUMNS,
  type HoldRecord,
  type HoldRow,
  type InventoryService,
  type RequestKey,
  bookingOf,
  resize,
} from '#libs/inventory';
import { newMasterId, parseId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import type { Inventory } from '../../support/lane.process.js';
import { type Sale, type SaleOptions, openSale } from '../../support/sale.js';
import type { EventTerms } from './event.model.js';
import type { Answer, Counters, Holding, Line, Operation } from './operation.js';

/** `not done`: certainly. `unknown`: perhaps. */
export type Ending = Answer | 'not done' | 'unknown';

const NOT_DONE = ['overloaded', 'shard_unavailable'];
const UNKNOWN = ['outcome_unknown', 'process_gone'];

/** Turns the clock forward for one hold: an hour and more has passed since it was made. */
const LAPSE = `
  UPDATE holds SET created_at = clock_timestamp() - interval '1 hour', expires_at = clock_timestamp() - interval '2 ms'
  WHERE id = $1 AND status = 'active'`;

/** A real event with the terms of a model, and the way from operations to calls and from results to answers. */
export class EventUnderTest {
  /** When holds end, by id; milliseconds since 1970. */
  readonly ends = new Map<string, number>();
  private readonly users: string[];

  private constructor(
    readonly sale: Sale,
    private readonly shards: Shards,
    /** For what an organizer does. */
    private readonly organizer: InventoryService,
    users: number,
  ) {
    this.users = Array.from({ length: users }, () => newMasterId());
  }

  static async open(
    shards: Shards,
    organizer: InventoryService,
    terms: EventTerms,
    { slot, users }: { slot: number; users: number },
  ): Promise<EventUnderTest> {
    const sale = await openSale(shards, {
      slot,
      types: terms.types.map(({ maxPerPerson, ...type }) => ({
        ...type,
        ...(maxPerPerson && { maxPerPerson }),
      })),
      ...SALE_IN[terms.phase],
    });
    return new EventUnderTest(sale, shards, organizer, users);
  }

  /** Does an operation by way of this process. Throws what no client should ever see. */
  async perform(inventory: Inventory, operation: Operation): Promise<Ending> {
    try {
      return await this.call(inventory, operation);
    } catch (error) {
      const { code, members = {} } = error as { code?: string; members?: Record<string, unknown> };
      if (code === undefined) throw error;
      if (NOT_DONE.includes(code)) return 'not done';
      if (UNKNOWN.includes(code)) return 'unknown';
      return { refused: code, facts: this.numbersIn(members) };
    }
  }

  private async call(inventory: Inventory, operation: Operation): Promise<Answer> {
    const { eventId } = this.sale;
    switch (operation.do) {
      case 'book': {
        const { booking } = await inventory.book(
          eventId,
          this.users[operation.user]!,
          this.asksOf(operation.lines),
          this.keyOf(operation),
        );
        return { booking: this.bookingOf(booking) };
      }
      case 'hold': {
        const { hold } = await inventory.hold(
          eventId,
          this.users[operation.user]!,
          this.asksOf(operation.lines),
          operation.ttlMs,
          this.keyOf(operation),
        );
        this.ends.set(hold.id, hold.expiresAt);
        return { hold: this.holdingOf(hold) };
      }
      case 'consume': {
        const { booking } = await inventory.consume(this.holdOf(operation), this.keyOf(operation));
        return { booking: this.bookingOf(booking) };
      }
      case 'release':
        return { hold: this.holdingOf(await inventory.release(this.holdOf(operation))) };
      case 'cancel': {
        const { late, booking: id } = operation;
        const { booking } = await inventory.cancel(
          { id, eventId },
          { late, reason: null },
          this.keyOf(operation),
        );
        return { booking: this.bookingOf(booking) };
      }
      case 'checkIn': {
        const { booking: bookingId, number } = operation;
        const { booking, checkIn } = await inventory.checkIn(
          { bookingId, eventId, number, by: this.users[operation.user]! },
          this.keyOf(operation),
        );
        return { booking: this.bookingOf(booking), checkedIn: checkIn.number };
      }
      case 'cancelSome':
        return inventory.cancelSome(eventId, operation.limit);
      case 'lapse':
        await this.shards.ofId(eventId).primary.sql.query(LAPSE, [operation.hold]);
        return { done: true };
      case 'resize': {
        const change = { ticketTypeId: this.sale.typeIds[operation.type]!, delta: operation.delta };
        await this.organizer.step(eventId, (tx) => resize(tx, eventId, [change]));
        return { done: true };
      }
      case 'close':
        await this.organizer.step(eventId, (tx) =>
          tx.query(`UPDATE events SET status = 'canceled' WHERE id = $1`, [eventId]),
        );
        return { done: true };
      case 'read':
        return this.read();
    }
  }

  /**
   * Which of the operations that were never answered may have happened, by what the tables say in the end: the booking is
   * there, the hold is over, the ticket is in. What left no trace did not happen.
   */
  async withTrace(unanswered: readonly Operation[], answered: ReadonlySet<string>): Promise<Set<Operation>> {
    const { sql } = this.shards.ofId(this.sale.eventId).primary;
    const of = async <Row extends object>(query: string) =>
      (await sql.query<Row>(query, [this.sale.eventId])).rows;
    const bookings = await of<BookingRow>(`SELECT ${BOOKING_COLUMNS} FROM bookings WHERE event_id = $1`);
    const holds = await of<HoldRow>(`SELECT ${HOLD_COLUMNS} FROM holds WHERE event_id = $1`);
    const tickets = await of<{ ticket: string }>(
      `SELECT booking_id || '#' || number AS ticket FROM check_ins WHERE event_id = $1`,
    );
    const held = new Set(holds.map((row) => row.booking_id));
    const unclaimed = bookings
      .map((row) => this.bookingOf(bookingOf(row)))
      .filter(({ id }) => !answered.has(id) && !held.has(id));
    const left = (operation: Operation): boolean => {
      switch (operation.do) {
        case 'book':
          return unclaimed.some(
            ({ user, quantities }) =>
              user === operation.user &&
              quantities.every((quantity, type) => quantity === wanted(operation.lines, type)),
          );
        case 'cancel':
          return bookings.some(({ id, status }) => id === operation.booking && status === 'canceled');
        case 'consume':
          return holds.some(
            ({ id, booking_id: made }) => id === operation.hold && made !== null && !answered.has(made),
          );
        case 'release':
          return holds.some(({ id, status }) => id === operation.hold && status === 'released');
        case 'checkIn':
          return tickets.some(({ ticket }) => ticket === `${operation.booking}#${operation.number}`);
        default:
          return true;
      }
    };
    return new Set(unanswered.filter(left));
  }

  private async read(): Promise<Answer> {
    const { rows } = await this.shards.ofId(this.sale.eventId).primary.sql.query<{
      version: number;
      counters: Counters[];
    }>(
      `SELECT i.version, (SELECT json_agg(json_build_object('available', s.available, 'held', s.held, 'booked', s.booked)
           ORDER BY t.position) FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id
         WHERE s.event_id = i.event_id) AS counters
       FROM inventory AS i WHERE i.event_id = $1`,
      [this.sale.eventId],
    );
    return rows[0]!;
  }

  private keyOf(operation: { user: number; key?: string }): RequestKey | null {
    if (operation.key === undefined) return null;
    const fingerprint = createHash('sha256').update(JSON.stringify(operation)).digest();
    return { caller: this.users[operation.user]!, key: operation.key, fingerprint };
  }

  private asksOf(lines: readonly Line[]): Ask[] {
    return lines.map(([type, quantity]) => ({ ticketTypeId: this.sale.typeIds[type]!, quantity }));
  }

  private holdOf({ user, hold: id }: { user: number; hold: string }) {
    return { id, eventId: this.sale.eventId, userId: this.users[user]! };
  }

  private bookingOf(booking: BookingRecord): Holding & { version: number } {
    return { ...this.holdingOf(booking), version: booking.version };
  }

  private holdingOf({ id, userId, items, status, total }: BookingRecord | HoldRecord): Holding {
    const quantities = this.sale.typeIds.map((type) =>
      items.filter((item) => item.ticketTypeId === type).reduce((sum, item) => sum + item.quantity, 0),
    );
    return { id, user: this.users.indexOf(userId), quantities, status, total };
  }

  /** Numbers as they are, and the ticket type as its position. */
  private numbersIn(members: Record<string, unknown>): Record<string, number> {
    const numbers = Object.entries(members).filter(
      (member): member is [string, number] => typeof member[1] === 'number',
    );
    const type = members.ticketTypeId;
    const position = typeof type === 'string' ? this.sale.typeIds.indexOf(parseId('ticketType', type)!) : -1;
    return { ...Object.fromEntries(numbers), ...(position >= 0 && { type: position }) };
  }
}

function wanted(lines: readonly Line[], type: number): number {
  return lines.filter((line) => line[0] === type).reduce((sum, [, quantity]) => sum + quantity, 0);
}

const SALE_IN: Record<EventTerms['phase'], SaleOptions> = {
  draft: { status: 'draft' },
  'before sales': { salesStartIn: 1 },
  'on sale': {},
  'sales over': { salesEndIn: -1 },
  begun: { startsIn: -1 },
  canceled: { status: 'canceled' },
};
