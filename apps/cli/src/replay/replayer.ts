import type { Account, AccountPool } from './account.pool.js';
import { type ProductClient, Refused } from './product.client.js';
import type { Plan, PlannedEvent, PlannedReservation, Step } from './replay.plan.js';

/** An event of the product that stands for a planned one. */
export interface LiveEvent {
  planned: PlannedEvent;
  id: string;
  ticketTypeId: string;
}

/** What the product answered to one reservation: its bookings, or why there is none. */
export interface Outcome {
  bookingIds: string[];
  refused: string | null;
}

interface EventAnswer {
  id: string;
  status: string;
  shard: string;
  ticketTypes: { id: string }[];
}

/** Does what the plan says, through the REST API, as an organizer and attendees would. */
export class Replayer {
  readonly live = new Map<PlannedEvent, LiveEvent>();
  readonly outcomes = new Map<PlannedReservation, Outcome>();
  /** Refusals that will not go away, by code. */
  readonly refusals = new Map<string, number>();

  constructor(
    private readonly client: ProductClient,
    private readonly accounts: AccountPool,
    private readonly organizer: Account,
    private readonly options: { run: string; currency: string; concurrency: number; onDone: () => void },
  ) {}

  /** Creates and publishes the events, many at once. */
  async createEvents(plan: Plan): Promise<void> {
    const waiting = [...plan.events.entries()];
    await this.together(async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [index, planned] = next;
        this.live.set(planned, await this.createEvent(planned, index));
        this.options.onDone();
      }
    });
  }

  /**
   * Takes the steps in the plan's order, many events at once, and those of one event strictly one after another:
   * a step whose event is busy is left to whoever is busy with it.
   */
  async takeSteps(steps: readonly Step[]): Promise<void> {
    const busy = new Map<PlannedEvent, Step[]>();
    let next = 0;
    await this.together(async () => {
      while (next < steps.length) {
        const step = steps[next++]!;
        const queue = busy.get(step.event);
        if (queue) {
          queue.push(step);
          continue;
        }
        const mine = [step];
        busy.set(step.event, mine);
        for (let turn = mine.shift(); turn; turn = mine.shift()) {
          await this.take(turn);
          this.options.onDone();
        }
        busy.delete(step.event);
      }
    });
  }

  private async together(work: () => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: this.options.concurrency }, work));
  }

  private async createEvent(planned: PlannedEvent, index: number): Promise<LiveEvent> {
    const { group, occasion, capacity, maxPerBooking, price, title, startsAt, endsAt } = planned;
    const created = await this.client.send<EventAnswer>(
      {
        method: 'POST',
        path: '/v1/events',
        route: 'POST /v1/events',
        idempotencyKey: this.key(`event-${index}`),
        body: {
          title,
          description: `Stands for ${group} on ${occasion}.`,
          category: 'other',
          venue: { name: group.slice(0, 100), city: 'Faro', country: 'PT', timezone: 'Europe/Lisbon' },
          startsAt,
          endsAt,
          ticketTypes: [
            {
              name: 'Place',
              kind: 'general',
              capacity,
              maxPerBooking,
              price: { amount: price, currency: this.options.currency },
            },
          ],
        },
      },
      this.organizer,
    );
    if (created.shard !== `shard-${planned.shard}`)
      throw new Error(`"${title}" was created on ${created.shard} instead of shard-${planned.shard}`);
    await this.client.send(
      {
        method: 'POST',
        path: `/v1/events/${created.id}/publish`,
        route: 'POST /v1/events/:id/publish',
        idempotencyKey: this.key(`publish-${index}`),
      },
      this.organizer,
    );
    return { planned, id: created.id, ticketTypeId: created.ticketTypes[0]!.id };
  }

  private async take(step: Step): Promise<void> {
    try {
      if (step.kind === 'book') await this.book(step);
      else await this.cancel(step);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
      this.outcomeOf(step.reservation).refused ??= error.message;
    }
  }

  private async book({ event, reservation }: Step): Promise<void> {
    const { id, ticketTypeId } = this.live.get(event)!;
    for (const [part, quantity] of reservation.parts.entries()) {
      const booking = await this.client.send<{ id: string }>(
        {
          method: 'POST',
          path: '/v1/bookings',
          route: 'POST /v1/bookings',
          idempotencyKey: this.key(`book-${reservation.line}-${part}`),
          body: { eventId: id, items: [{ ticketTypeId, quantity }] },
        },
        this.accounts.attendeeOf(reservation.line),
      );
      this.outcomeOf(reservation).bookingIds.push(booking.id);
    }
  }

  private async cancel({ reservation }: Step): Promise<void> {
    for (const [part, id] of this.outcomeOf(reservation).bookingIds.entries()) {
      await this.client.send(
        {
          method: 'POST',
          path: `/v1/bookings/${id}/cancel`,
          route: 'POST /v1/bookings/:id/cancel',
          idempotencyKey: this.key(`cancel-${reservation.line}-${part}`),
        },
        this.accounts.attendeeOf(reservation.line),
      );
    }
  }

  private outcomeOf(reservation: PlannedReservation): Outcome {
    let outcome = this.outcomes.get(reservation);
    if (!outcome) this.outcomes.set(reservation, (outcome = { bookingIds: [], refused: null }));
    return outcome;
  }

  private key(what: string): string {
    return `replay-${this.options.run}-${what}`;
  }
}
