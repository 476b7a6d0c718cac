import { Injectable } from '@nestjs/common';
import {
  InventoryService,
  type SeatPlace,
  type SeatPlan,
  type SeatStatus,
  blockSeats,
  requireCurrentPlan,
} from '#libs/inventory';
import { refusals, validationFailed } from '#libs/kernel';
import { Shards, type Tx } from '#libs/sharding';
import { noSuchEvent } from './catalog.errors.js';
import { type Viewer, manages, sees } from './domain/access.js';
import { EventAnswers } from './event-answers.service.js';
import { type Availability, readAvailability } from './persistence/availability.repository.js';
import { readFresh } from './persistence/fresh.reader.js';
import { type SeatState, readSeatState } from './persistence/seats.repository.js';

/** How often seats are read whose plan changes meanwhile. */
const TRIES = 3;

/** Seats to take off sale and to bring back, by id. */
export interface SeatsChange {
  block: string[];
  unblock: string[];
}

/** Seats with their status, and the plan that says where they are. */
export interface SeatList extends SeatState {
  plan: SeatPlan;
}

/** The seats that were named, in their physical order, as they are after a change. */
export interface SeatsChanged {
  version: number;
  plan: SeatPlan;
  seats: { place: SeatPlace; status: SeatStatus }[];
}

/** What is still to be had of an event, by ticket type and by seat. */
@Injectable()
export class AvailabilityService {
  constructor(
    private readonly shards: Shards,
    private readonly inventory: InventoryService,
    private readonly answers: EventAnswers,
  ) {}

  /** The counters, as fresh as the last commit if they are to be `current`, else at most a second old. */
  async getAvailability(
    eventId: string,
    viewer: Viewer | null,
    current = viewer !== null,
  ): Promise<Availability> {
    const read = ({ sql }: { sql: Tx }) => readAvailability(sql, eventId);
    return this.readVisible(eventId, viewer, current, read);
  }

  /** All seats, or those of one section, in their physical order; as fresh as the availability. */
  async getSeats(
    eventId: string,
    section: string | null,
    viewer: Viewer | null,
    current = viewer !== null,
  ): Promise<SeatList> {
    return this.readVisible(eventId, viewer, current, ({ sql }) => this.readSeats(sql, eventId, section));
  }

  /**
   * Blocks and unblocks seats, all of them or none; the capacities follow. Those that are so already stay so. Throws
   * `seat_taken` (with `seatIds`) for seats to block that are held or booked.
   */
  async changeSeats(eventId: string, viewer: Viewer, change: SeatsChange): Promise<SeatsChanged> {
    const done = await this.inventory.plans.with(eventId, (plan) =>
      this.inventory.step(eventId, async (tx) => {
        const event = await readAvailability(tx, eventId);
        if (!event || !plan || !manages(viewer, event)) throw noSuchEvent();
        if (event.status === 'canceled') throw refusals.invalid_state('The event is canceled.');
        await requireCurrentPlan(tx, plan);
        const places = requirePlaces(plan, change);
        const seats = await blockSeats(tx, plan, places);
        const after = await readAvailability(tx, eventId);
        const changed = inOrder([...places.block, ...places.unblock]).map((place) => ({
          place,
          status: seats.get(place.section)!.statusOf(place.at),
        }));
        return { version: after!.version, plan, seats: changed };
      }),
    );
    await this.answers.forget(eventId);
    return done;
  }

  private async readSeats(sql: Tx, eventId: string, section: string | null): Promise<SeatList | null> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const state = await readSeatState(sql, eventId, section);
      if (!state) return null;
      const plan = await this.inventory.plans.ofVersion(sql, eventId, state.planVersion);
      if (plan) return { ...state, plan };
    }
    throw refusals.overloaded('The seats are being drawn. Try again.');
  }

  private async readVisible<T extends { organizationId: string; status: Availability['status'] }>(
    eventId: string,
    viewer: Viewer | null,
    current: boolean,
    read: (reader: { sql: Tx }) => Promise<T | null>,
  ): Promise<T> {
    const shard = this.shards.ofId(eventId);
    const found = await readFresh(shard, current, read);
    if (found && sees(viewer, found)) return found;
    // It may have been published since the replica was last told.
    const now = current ? null : await shard.onPrimary(read);
    if (now && sees(viewer, now)) return now;
    throw noSuchEvent();
  }
}

/** Where the seats are; throws unless all ids are seats of the event. */
function requirePlaces(plan: SeatPlan, change: SeatsChange): { block: SeatPlace[]; unblock: SeatPlace[] } {
  const errors: { path: string; message: string }[] = [];
  const placesOf = (list: 'block' | 'unblock') =>
    change[list].flatMap((id, i) => {
      const place = plan.find(id);
      if (!place) errors.push({ path: `${list}.${i}`, message: 'must be a seat of this event' });
      return place ?? [];
    });
  const places = { block: placesOf('block'), unblock: placesOf('unblock') };
  if (errors.length) throw validationFailed(errors);
  return places;
}

function inOrder(places: readonly SeatPlace[]): SeatPlace[] {
  return [...places].sort((a, b) => a.section - b.section || a.at - b.at);
}
