import { createHash } from 'node:crypto';
import { type BookingRecord, type InventoryService, type RequestKey, resize } from '#libs/inventory';
import { newMasterId, parseId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import type { Inventory } from '../../support/lane.process.js';
import { type Sale, type SaleOptions, openSale } from '../../support/sale.js';
import type { EventTerms } from './event.model.js';
import type { Answer, Counters, Holding, Operation } from './operation.js';

/** `not done`: certainly. `unknown`: perhaps. */
export type Ending = Answer | 'not done' | 'unknown';

const NOT_DONE = ['overloaded', 'shard_unavailable'];
const UNKNOWN = ['outcome_unknown', 'process_gone'];

/** A real event with the terms of a model, and the way from operations to calls and from results to answers. */
export class EventUnderTest {
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
        const asks = operation.lines.map(([type, quantity]) => ({
          ticketTypeId: this.sale.typeIds[type]!,
          quantity,
        }));
        const { booking } = await inventory.book(
          eventId,
          this.users[operation.user]!,
          asks,
          this.keyOf(operation),
        );
        return { booking: this.holdingOf(booking) };
      }
      case 'cancel': {
        const { late, booking: id } = operation;
        const { booking } = await inventory.cancel(
          { id, eventId },
          { late, reason: null },
          this.keyOf(operation),
        );
        return { booking: this.holdingOf(booking) };
      }
      case 'cancelSome':
        return { canceled: await inventory.cancelSome(eventId, operation.limit) };
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

  private holdingOf(booking: BookingRecord): Holding {
    const { id, status, version, total } = booking;
    const quantities = this.sale.typeIds.map((type) =>
      booking.items
        .filter((item) => item.ticketTypeId === type)
        .reduce((sum, item) => sum + item.quantity, 0),
    );
    return { id, user: this.users.indexOf(booking.userId), quantities, status, version, total };
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

const SALE_IN: Record<EventTerms['phase'], SaleOptions> = {
  draft: { status: 'draft' },
  'before sales': { salesStartIn: 1 },
  'on sale': {},
  'sales over': { salesEndIn: -1 },
  begun: { startsIn: -1 },
  canceled: { status: 'canceled' },
};
