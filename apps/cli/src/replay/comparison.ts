import { setTimeout as sleep } from 'node:timers/promises';
import type { ProductClient, Sender } from './product.client.js';
import type { PlannedEvent } from './replay.plan.js';
import type { LiveEvent, Outcome } from './replayer.js';

/** Lists may lag a write by 2 s; ten times that is a difference. */
const SETTLE_MS = 20_000;
const LOOK_AGAIN_MS = 500;

export interface SeenBooking {
  id: string;
  status: string;
  items: { quantity: number }[];
}

export interface SeenTicketType {
  capacity: number;
  available: number;
  held: number;
  booked: number;
}

type Outcomes = ReadonlyMap<PlannedEvent['reservations'][number], Outcome>;

/** Every difference between what the file says of an event and what the product shows, in words. */
export function differences(
  planned: PlannedEvent,
  outcomes: Outcomes,
  bookings: readonly SeenBooking[],
  ticketType: SeenTicketType | undefined,
): string[] {
  const found: string[] = [];
  const unexplained = new Map(bookings.map((booking) => [booking.id, booking]));
  for (const reservation of planned.reservations) {
    const outcome = outcomes.get(reservation);
    const at = `line ${reservation.line}`;
    if (outcome?.refused) found.push(`${at}: refused, ${outcome.refused}`);
    for (const [part, quantity] of reservation.parts.entries()) {
      const id = outcome?.bookingIds[part];
      const seen = id && unexplained.get(id);
      if (!seen) {
        found.push(`${at}: ${id ? `its booking ${id} is gone` : 'was not booked'}`);
        continue;
      }
      unexplained.delete(id);
      const status = reservation.canceled ? 'canceled' : 'confirmed';
      if (seen.status !== status)
        found.push(`${at}: its booking ${id} is ${seen.status} instead of ${status}`);
      if (unitsOf(seen) !== quantity)
        found.push(`${at}: its booking ${id} holds ${unitsOf(seen)} places instead of ${quantity}`);
    }
  }
  if (new Set(bookings.map(({ id }) => id)).size !== bookings.length) found.push('a booking is listed twice');
  for (const id of unexplained.keys()) found.push(`booking ${id} is not in the file`);
  return [...found, ...differencesOfCounts(planned, ticketType)];
}

/** Places that the file leaves booked. */
export function netUnits(planned: PlannedEvent): number {
  return planned.reservations
    .filter(({ canceled }) => !canceled)
    .reduce((sum, { parts }) => sum + parts.reduce((a, b) => a + b, 0), 0);
}

function differencesOfCounts(planned: PlannedEvent, seen: SeenTicketType | undefined): string[] {
  if (!seen) return ['the event has no availability'];
  const booked = netUnits(planned);
  const expected = { capacity: planned.capacity, booked, held: 0, available: planned.capacity - booked };
  return Object.entries(expected)
    .filter(([name, value]) => seen[name as keyof SeenTicketType] !== value)
    .map(
      ([name, value]) =>
        `availability shows ${name} ${seen[name as keyof SeenTicketType]} instead of ${value}`,
    );
}

function unitsOf(booking: SeenBooking): number {
  return booking.items.reduce((sum, item) => sum + item.quantity, 0);
}

/** Looks at an event as its organizer until it agrees with the file, or for as long as a list may lag. */
export async function compareEvent(
  client: ProductClient,
  organizer: Sender,
  event: LiveEvent,
  outcomes: Outcomes,
): Promise<string[]> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const bookings = await allBookings(client, organizer, event.id);
    const found = differences(
      event.planned,
      outcomes,
      bookings,
      await ticketTypeOf(client, organizer, event),
    );
    if (!found.length || Date.now() > deadline) return found;
    await sleep(LOOK_AGAIN_MS);
  }
}

async function allBookings(
  client: ProductClient,
  organizer: Sender,
  eventId: string,
): Promise<SeenBooking[]> {
  const bookings: SeenBooking[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ eventId, limit: '100', ...(cursor && { cursor }) });
    const path = `/v1/bookings?${query.toString()}`;
    const request = { method: 'GET' as const, path, route: 'GET /v1/bookings' };
    const page: { data: SeenBooking[]; nextCursor: string | null } = await client.send(request, organizer);
    bookings.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor);
  return bookings;
}

async function ticketTypeOf(client: ProductClient, organizer: Sender, event: LiveEvent) {
  const path = `/v1/events/${event.id}/availability`;
  const request = { method: 'GET' as const, path, route: 'GET /v1/events/:id/availability' };
  const { ticketTypes } = await client.send<{ ticketTypes: (SeenTicketType & { id: string })[] }>(
    request,
    organizer,
  );
  return ticketTypes.find(({ id }) => id === event.ticketTypeId);
}
