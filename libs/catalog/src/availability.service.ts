import { Injectable } from '@nestjs/common';
import { InventoryService, announceAvailability, resize } from '#libs/inventory';
import { refusals, validationFailed } from '#libs/kernel';
import { Shards, type Tx } from '#libs/sharding';
import { noSuchEvent, seatsTaken } from './catalog.errors.js';
import { type Viewer, manages, sees } from './domain/access.js';
import { type Availability, readAvailability } from './persistence/availability.repository.js';
import { readFresh } from './persistence/fresh.reader.js';
import { type Seat, type SeatList, findSeats, listSeats, turnSeats } from './persistence/seats.repository.js';

/** Seats to take off sale and to bring back, by id. */
export interface SeatsChange {
  block: string[];
  unblock: string[];
}

/** What is still to be had of an event, by ticket type and by seat. */
@Injectable()
export class AvailabilityService {
  constructor(
    private readonly shards: Shards,
    private readonly inventory: InventoryService,
  ) {}

  /** The counters, as fresh as the last commit for a viewer, else at most a second old. */
  async getAvailability(eventId: string, viewer: Viewer | null): Promise<Availability> {
    const read = ({ sql }: { sql: Tx }) => readAvailability(sql, eventId);
    return this.readVisible(eventId, viewer, read);
  }

  /** All seats, or those of one section, in their physical order; as fresh as the availability. */
  async getSeats(eventId: string, section: string | null, viewer: Viewer | null): Promise<SeatList> {
    const read = ({ sql }: { sql: Tx }) => listSeats(sql, eventId, section);
    return this.readVisible(eventId, viewer, read);
  }

  /**
   * Blocks and unblocks seats, all of them or none; the capacities follow. Those that are so already stay so. Throws
   * `seat_taken` (with `seatIds`) for seats to block that are held or booked.
   */
  async changeSeats(eventId: string, viewer: Viewer, change: SeatsChange): Promise<SeatList> {
    return this.inventory.step(eventId, async (tx) => {
      const event = await readAvailability(tx, eventId);
      if (!event || !manages(viewer, event)) throw noSuchEvent();
      if (event.status === 'canceled') throw refusals.invalid_state('The event is canceled.');
      const ids = [...change.block, ...change.unblock];
      requireSeats(change, await findSeats(tx, eventId, ids));
      const blocked = await turnSeats(tx, eventId, change.block, 'free', 'blocked');
      const freed = await turnSeats(tx, eventId, change.unblock, 'blocked', 'free');
      const deltas = deltasOf(blocked, freed);
      if (deltas.length) await resize(tx, eventId, deltas);
      // As many places blocked as freed: the counters stay, the seats do not.
      else if (blocked.length) await announceAvailability(tx, eventId);
      const after = await readAvailability(tx, eventId);
      return { ...after!, seats: await findSeats(tx, eventId, ids) };
    });
  }

  private async readVisible<T extends { organizationId: string; status: Availability['status'] }>(
    eventId: string,
    viewer: Viewer | null,
    read: (reader: { sql: Tx }) => Promise<T | null>,
  ): Promise<T> {
    const shard = this.shards.ofId(eventId);
    const found = await readFresh(shard, viewer !== null, read);
    if (found && sees(viewer, found)) return found;
    // It may have been published since the replica was last told.
    const now = viewer ? null : await shard.onPrimary(read);
    if (now && sees(viewer, now)) return now;
    throw noSuchEvent();
  }
}

/** Throws unless all ids are seats of the event, and none to be blocked is held or booked. */
function requireSeats(change: SeatsChange, found: readonly Seat[]): void {
  const byId = new Map(found.map((seat) => [seat.id, seat]));
  const errors = (['block', 'unblock'] as const).flatMap((list) =>
    change[list].flatMap((id, i) =>
      byId.has(id) ? [] : [{ path: `${list}.${i}`, message: 'must be a seat of this event' }],
    ),
  );
  if (errors.length) throw validationFailed(errors);
  const taken = change.block.filter((id) => ['held', 'booked'].includes(byId.get(id)!.status));
  if (taken.length) throw seatsTaken(taken);
}

/** Capacity lost by blocking and won by unblocking, one element a ticket type for which it is not the same. */
function deltasOf(
  blocked: readonly { ticketTypeId: string; seats: number }[],
  freed: readonly { ticketTypeId: string; seats: number }[],
): { ticketTypeId: string; delta: number }[] {
  const deltas = new Map<string, number>();
  const add = (ticketTypeId: string, delta: number) =>
    deltas.set(ticketTypeId, (deltas.get(ticketTypeId) ?? 0) + delta);
  for (const { ticketTypeId, seats } of blocked) add(ticketTypeId, -seats);
  for (const { ticketTypeId, seats } of freed) add(ticketTypeId, seats);
  return [...deltas]
    .filter(([, delta]) => delta !== 0)
    .map(([ticketTypeId, delta]) => ({ ticketTypeId, delta }));
}
