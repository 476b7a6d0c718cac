import pg from 'pg';
import { parseId } from '#libs/kernel';
import { type TestDatabases, type DatabasesOptions, createDatabases } from './databases.js';
import { type StackOptions, type TestStack, startStack } from './stack.js';

const PASSWORD = 'a long enough password';

/** A seated type with rows of ten, and a general one, on sale a month from now. */
export const HALL = {
  title: 'Mahler 5',
  category: 'concert',
  venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
  startsAt: new Date(Date.now() + 30 * 86_400_000).toISOString(),
  ticketTypes: [
    { name: 'Standing', kind: 'general', capacity: 1000, price: { amount: 4500, currency: 'EUR' } },
    { name: 'Stalls', kind: 'seated', price: { amount: 9000, currency: 'EUR' } },
  ],
  seatMap: {
    sections: [
      {
        name: 'A',
        ticketType: 'Stalls',
        rows: [
          { name: '1', seats: 9 },
          { name: '2', seats: 11 },
        ],
      },
    ],
  },
};

export interface Hall {
  id: string;
  /** Its topic. */
  topic: string;
  standing: string;
  stalls: string;
  seats: { id: string; row: string; number: string }[];
}

/** Built processes with people who sell, buy and look on. */
export class LiveStage {
  private people = 0;
  private registered: Promise<void> | null = null;

  /** On processes that run already; `close` ends them too. */
  constructor(
    readonly databases: TestDatabases,
    readonly stack: TestStack,
  ) {}

  static async open(options: StackOptions = {}, databases: DatabasesOptions = {}): Promise<LiveStage> {
    const opened = await createDatabases(databases);
    try {
      const env = { THROTTLE_PROFILE: 'relaxed', ...options.env };
      return new LiveStage(opened, await startStack(opened, { ...options, env }));
    } catch (error) {
      await opened.drop();
      throw error;
    }
  }

  get urls(): string[] {
    return this.stack.apis.map(({ url }) => url);
  }

  async close(): Promise<void> {
    await this.stack.stop();
    await this.databases.drop();
  }

  /** An answer that must be a success. */
  async call(method: string, path: string, body?: object, token?: string, api = 0): Promise<any> {
    const response = await fetch(this.urls[api]! + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async signUp(): Promise<{
    token: string;
    id: string;
    email: string;
    refreshToken: string;
    password: string;
  }> {
    const email = `person-${++this.people}@example.com`;
    const body = { email, password: PASSWORD, name: 'Ada' };
    const { user, accessToken, refreshToken } = await this.call('POST', '/v1/auth/register', body);
    return { token: accessToken, id: user.id, email, refreshToken, password: PASSWORD };
  }

  async admin(): Promise<string> {
    const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = this.databases.env;
    return (await this.call('POST', '/v1/auth/login', { email, password })).accessToken;
  }

  /** A published event; `changes` to what `HALL` says. */
  async publish(changes: object = {}): Promise<Hall> {
    const token = await this.organizer();
    const event = await this.call('POST', '/v1/events', { ...HALL, ...changes }, token);
    await this.call('POST', `/v1/events/${event.id}/publish`, undefined, token);
    const { data } = await this.call('GET', `/v1/events/${event.id}/seats`);
    const typeOf = (kind: string) =>
      event.ticketTypes.find((type: { kind: string }) => type.kind === kind)?.id;
    return {
      id: event.id,
      topic: `event:${event.id}`,
      standing: typeOf('general'),
      stalls: typeOf('seated'),
      seats: data,
    };
  }

  /** The access token of an organizer, signed in anew: tokens may be short-lived here. */
  private async organizer(): Promise<string> {
    const email = 'organizer@example.com';
    this.registered ??= (async () => {
      const body = { email, password: PASSWORD, name: 'Org' };
      const { user } = await this.call('POST', '/v1/auth/register', body);
      await this.call('PATCH', `/v1/users/${user.id}`, { role: 'organizer' }, await this.admin());
    })();
    await this.registered;
    return (await this.call('POST', '/v1/auth/login', { email, password: PASSWORD })).accessToken;
  }

  /** Brings forward the end of a hold of `HALL`, which is on the second shard. */
  async lapse(holdId: string): Promise<void> {
    const client = new pg.Client(this.databases.env.SHARD_2_URL);
    await client.connect();
    try {
      const sql = `UPDATE holds SET created_at = created_at - interval '1 hour', expires_at = clock_timestamp() WHERE id = $1`;
      await client.query(sql, [parseId('hold', holdId)]);
    } finally {
      await client.end();
    }
  }

  /** One place of the general type, at once. */
  book({ id, standing }: Hall, token: string, quantity = 1, api = 0): Promise<any> {
    const items = [{ ticketTypeId: standing, quantity }];
    return this.call('POST', '/v1/bookings', { eventId: id, items }, token, api);
  }

  bookSeat({ id, stalls }: Hall, seatId: string, token: string, api = 0): Promise<any> {
    const items = [{ ticketTypeId: stalls, seatIds: [seatId] }];
    return this.call('POST', '/v1/bookings', { eventId: id, items }, token, api);
  }
}
