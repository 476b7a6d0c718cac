import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import pLimit from 'p-limit';
import type { EventsService } from '#libs/catalog';
import { fingerprintOf } from '#libs/idempotency';
import type { User } from '#libs/identity';
import type { InventoryService } from '#libs/inventory';
import { Refusal, parseId } from '#libs/kernel';
import type { DemoPeople } from './seed.accounts.js';
import type { PlannedEvent } from './seed.plan.js';

/** Events under way at once, and bookings: enough for full batches in the lanes, too few to be refused there. */
const EVENTS_AT_ONCE = 16;
const BOOKINGS_AT_ONCE = 256;

const PASSING = ['overloaded', 'outcome_unknown', 'shard_unavailable', 'idempotency_in_progress'];
/** On a busy machine a lane may refuse even so; each thing to do has its key, so it is simply done again. */
const patience = retry(
  handleWhen((error) => error instanceof Refusal && PASSING.includes(error.code)),
  { maxAttempts: 30, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 2000 }) },
);

interface LiveEvent {
  id: string;
  shard: string;
  ticketTypeIds: string[];
}

/** Brings the planned events about, through the product's own services, each thing once however often it is tried. */
export class SeedEvents {
  private readonly bookings = pLimit(BOOKINGS_AT_ONCE);

  constructor(
    private readonly events: EventsService,
    private readonly inventory: InventoryService,
    private readonly people: DemoPeople,
  ) {}

  /** Gives the shard of each event, in the plan's order. */
  createAll(planned: readonly PlannedEvent[]): Promise<string[]> {
    const limit = pLimit(EVENTS_AT_ONCE);
    return Promise.all(planned.map((event, index) => limit(() => this.create(event, `seed-${index}`))));
  }

  private async create(planned: PlannedEvent, key: string): Promise<string> {
    const organizer = this.people.organizers[planned.organizer]!;
    const live = await this.draft(planned, organizer, key);
    if (planned.sales === 'draft') return live.shard;
    await patience.execute(() => this.events.publishEvent(live.id, ask(organizer, `${key}-publish`)));
    const book = (index: number) => () => this.book(planned, live, index, `${key}-booking-${index}`);
    await Promise.all(planned.bookings.map((_, index) => this.bookings(() => patience.execute(book(index)))));
    // One after another: the order in which they join is the plan's.
    for (const index of planned.waiting.keys())
      await patience.execute(() => this.join(planned, live, index, `${key}-waiting-${index}`));
    if (planned.sales === 'canceled')
      await patience.execute(() => this.events.cancelEvent(live.id, ask(organizer, `${key}-cancel`)));
    if (planned.salesClosedAt) await this.closeSales(live, organizer, planned.salesClosedAt);
    return live.shard;
  }

  private async draft(planned: PlannedEvent, organizer: User, key: string): Promise<LiveEvent> {
    const owner = { organizationId: organizer.organizationId!, userId: organizer.id };
    const draft = { ...planned, salesEndAt: null };
    const { body } = await patience.execute(() => this.events.createEvent(owner, draft, ask(organizer, key)));
    return {
      id: parseId('event', body.id)!,
      shard: body.shard,
      ticketTypeIds: body.ticketTypes.map(({ id }) => parseId('ticketType', id)!),
    };
  }

  private closeSales({ id }: LiveEvent, organizer: User, salesEndAt: Date) {
    return patience.execute(() => this.events.editEvent(id, organizer, 'any', { salesEndAt }));
  }

  private async book(planned: PlannedEvent, live: LiveEvent, index: number, key: string): Promise<void> {
    const { attendee, ticketType, quantity } = planned.bookings[index]!;
    const user = this.people.attendees[attendee]!;
    const asks = [{ ticketTypeId: live.ticketTypeIds[ticketType]!, quantity }];
    await this.inventory.book(live.id, user.id, asks, { caller: user.id, ...sent(key) });
  }

  private async join(planned: PlannedEvent, live: LiveEvent, index: number, key: string): Promise<void> {
    const { attendee, ticketType, quantity } = planned.waiting[index]!;
    const user = this.people.attendees[attendee]!;
    const wish = { ticketTypeId: live.ticketTypeIds[ticketType]!, quantity };
    await this.inventory.join(live.id, user.id, wish, { caller: user.id, ...sent(key) });
  }
}

function ask(organizer: User, key: string) {
  return { viewer: organizer, callerId: organizer.id, sent: sent(key) };
}

function sent(key: string) {
  return { key, fingerprint: fingerprintOf('SEED', key, null) };
}
