import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Scope, SCOPES, Users } from '#libs/identity';
import { parseId } from '#libs/kernel';

export const CALLERS = [
  'anonymous',
  'attendeeA',
  'attendeeB',
  'organizerOwn',
  'organizerForeign',
  'admin',
  'keyWithoutScope',
] as const;
export type CallerName = (typeof CALLERS)[number];

/** A request as a row of the matrix describes it; the path has its ids filled in. */
export interface MatrixRequest {
  path?: string;
  body?: object;
  headers?: Record<string, string>;
}

interface Account {
  id: string;
  email: string;
  accessToken: string;
  refreshToken: string;
}

/** A draft with seats, a year from now. */
export const NEW_EVENT = {
  title: 'Mahler 5',
  category: 'concert',
  venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
  startsAt: new Date(Date.now() + 365 * 86_400_000).toISOString(),
  ticketTypes: [{ name: 'Stalls', kind: 'seated', price: { amount: 9000, currency: 'EUR' } }],
  seatMap: { sections: [{ name: 'A', ticketType: 'Stalls', rows: [{ name: '1', seats: 5 }] }] },
};

const PASSWORD = 'a long enough password';

/** The people of the matrix, and what belongs to them: attendee A and the own organizer own what is asked for. */
export class World {
  private readonly keys = new Map<string, string>();
  private count = 0;

  private constructor(
    private readonly app: NestFastifyApplication,
    private readonly people: Record<Exclude<CallerName, 'anonymous' | 'keyWithoutScope'>, Account>,
  ) {}

  static async create(
    app: NestFastifyApplication,
    admin: { email: string; password: string },
  ): Promise<World> {
    const post = async (path: string, payload: object): Promise<Account> => {
      const answer = await app.inject({ method: 'POST', url: path, payload });
      if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`);
      const { user, ...tokens } = answer.json<{ user: Omit<Account, 'accessToken'> } & Account>();
      return { ...tokens, id: user.id, email: user.email };
    };
    const register = (name: string): Promise<Account> =>
      post('/v1/auth/register', { email: `${name}@example.com`, password: PASSWORD, name });
    const people = {
      attendeeA: await register('a'),
      attendeeB: await register('b'),
      organizerOwn: await register('own'),
      organizerForeign: await register('foreign'),
      admin: await post('/v1/auth/login', admin),
    };
    for (const { id } of [people.organizerOwn, people.organizerForeign]) {
      await app.get(Users).changeRole(parseId('user', id)!, 'organizer');
    }
    return new World(app, people);
  }

  /** The headers that say who calls. The key is the own organizer's and has all scopes but the one. */
  async credentials(caller: CallerName, scope: Scope | null): Promise<Record<string, string>> {
    if (caller === 'anonymous') return {};
    if (caller !== 'keyWithoutScope') return { authorization: `Bearer ${this.people[caller].accessToken}` };
    return { 'x-api-key': await this.keyWith(SCOPES.filter((other) => other !== scope)) };
  }

  /** A key of the own organizer. */
  async keyWith(scopes: readonly Scope[]): Promise<string> {
    const name = scopes.join(' ');
    const known = this.keys.get(name);
    if (known) return known;
    const { key } = await this.as('organizerOwn', 'POST', '/v1/api-keys', { name, scopes });
    this.keys.set(name, key as string);
    return key as string;
  }

  /** The public id of a new api key of the own organizer. */
  async apiKey(): Promise<string> {
    const body = { name: 'to be deleted', scopes: ['checkin'] };
    return (await this.as('organizerOwn', 'POST', '/v1/api-keys', body)).id as string;
  }

  /** The public id of a new draft of the own organizer. */
  async draft(): Promise<string> {
    return (await this.as('organizerOwn', 'POST', '/v1/events', NEW_EVENT)).id as string;
  }

  async publishedEvent(): Promise<string> {
    const id = await this.draft();
    await this.as('organizerOwn', 'POST', `/v1/events/${id}/publish`);
    return id;
  }

  /** What to book: a place of a new event of the own organizer. */
  async order(capacity = 10) {
    const ticketTypes = [
      { name: 'Standing', kind: 'general', capacity, price: { amount: 4500, currency: 'EUR' } },
    ];
    const draft = { ...NEW_EVENT, seatMap: undefined, ticketTypes };
    const event = await this.as('organizerOwn', 'POST', '/v1/events', draft);
    await this.as('organizerOwn', 'POST', `/v1/events/${event.id as string}/publish`);
    const [standing] = event.ticketTypes as { id: string }[];
    return { eventId: event.id as string, items: [{ ticketTypeId: standing!.id, quantity: 1 }] };
  }

  /** The public id of a new booking of attendee A at an event of the own organizer. */
  async booking(): Promise<string> {
    return (await this.as('attendeeA', 'POST', '/v1/bookings', await this.order())).id as string;
  }

  /** The public id of a new hold of attendee A at an event of the own organizer. */
  async hold(): Promise<string> {
    const { eventId, items } = await this.order();
    return (await this.as('attendeeA', 'POST', `/v1/events/${eventId}/holds`, { items })).id as string;
  }

  /** The public ids of a new waitlist entry of attendee A at an event of the own organizer, and of the booking it waits behind. */
  async entry(): Promise<Record<'eventId' | 'ticketTypeId' | 'entryId' | 'bookingId', string>> {
    const { eventId, items } = await this.order(1);
    const booking = await this.as('attendeeB', 'POST', '/v1/bookings', { eventId, items });
    const entry = await this.as('attendeeA', 'POST', `/v1/events/${eventId}/waitlist`, items[0]);
    const { ticketTypeId } = items[0]!;
    return { eventId, ticketTypeId, entryId: entry.id as string, bookingId: booking.id as string };
  }

  /** The public id of a new waitlist entry of attendee A that has an offer. */
  async offer(): Promise<string> {
    const { entryId, bookingId } = await this.entry();
    await this.as('attendeeB', 'POST', `/v1/bookings/${bookingId}/cancel`);
    return entryId;
  }

  /** The code of a new ticket of attendee A to an event of the own organizer. */
  async ticket(): Promise<string> {
    const { admissions } = await this.as('attendeeA', 'POST', '/v1/bookings', await this.order());
    return (admissions as { code: string }[])[0]!.code;
  }

  /** The public id of one of the event's seats. */
  async seat(eventId: string): Promise<string> {
    const { data } = await this.as('organizerOwn', 'GET', `/v1/events/${eventId}/seats`);
    return (data as { id: string }[])[0]!.id;
  }

  /** The id of a trace that the API remembers. */
  async trace(): Promise<string> {
    const answer = await this.app.inject('/nothing-here');
    return String(answer.headers.traceparent).split('-')[1]!;
  }

  /** The public id of a new attendee. */
  async user(): Promise<string> {
    return (await this.signedIn()).id;
  }

  /** A new attendee, signed in. */
  async signedIn(): Promise<Account> {
    const body = { email: this.newEmail(), password: PASSWORD, name: 'Somebody' };
    const { user, ...tokens } = await this.as('anonymous', 'POST', '/v1/auth/register', body);
    return { ...(tokens as unknown as Account), ...(user as { id: string; email: string }) };
  }

  newEmail(): string {
    return `somebody-${++this.count}@example.com`;
  }

  get password(): string {
    return PASSWORD;
  }

  /** Does what must succeed for a row to be asked at all, and gives the answer's body. */
  async as(caller: CallerName, method: 'POST' | 'PATCH' | 'PUT' | 'GET', url: string, payload?: object) {
    const headers = await this.credentials(caller, null);
    const answer = await this.app.inject({ method, url, headers, payload });
    if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`);
    return answer.json<Record<string, unknown>>();
  }
}
