import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { Users } from '#libs/identity';
import { parseId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** An API in this process, with two organizers and an attendee who call it. */
export class EventsClient {
  organizer!: string;
  stranger!: string;
  attendee!: string;

  private constructor(
    private readonly databases: TestDatabases,
    private readonly app: NestFastifyApplication,
  ) {}

  static async start(): Promise<EventsClient> {
    const databases = await createDatabases();
    const config = readConfig('api', { ...databases.env, THROTTLE_PROFILE: 'relaxed' });
    const client = new EventsClient(databases, await createApi(config));
    client.organizer = await client.signUp('own@example.com', 'organizer');
    client.stranger = await client.signUp('foreign@example.com', 'organizer');
    client.attendee = await client.signUp('ada@example.com', 'attendee');
    return client;
  }

  /** A token of the first administrator. */
  async admin(): Promise<string> {
    const { email, password } = this.databases.config.auth.admin!;
    return (await this.call('POST', '/v1/auth/login', { email, password }, null)).body.accessToken;
  }

  get shards(): Shards {
    return this.app.get(Shards);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.databases.drop();
  }

  async signUp(email: string, role: 'organizer' | 'attendee'): Promise<string> {
    const payload = { email, password: 'a long password', name: 'Ada' };
    const { body } = await this.call('POST', '/v1/auth/register', payload, null);
    if (role === 'organizer')
      await this.app.get(Users).changeRole(parseId('user', body.user.id)!, 'organizer');
    return body.accessToken;
  }

  /** Sends a request, as the organizer unless told otherwise. */
  async call(
    method: Method,
    url: string,
    payload?: object | string,
    token: string | null = this.organizer,
    headers: Record<string, string> = {},
  ) {
    const auth = token ? { authorization: `Bearer ${token}` } : {};
    const json = typeof payload === 'string' ? { 'content-type': 'application/json' } : {};
    const response = await this.app.inject({
      method,
      url,
      payload,
      headers: { ...auth, ...json, ...headers },
    });
    const text = response.body;
    return {
      status: response.statusCode,
      headers: response.headers,
      body: text ? JSON.parse(text) : undefined,
    };
  }

  async create(changes: object = {}) {
    return (await this.call('POST', '/v1/events', { ...mahler, ...changes })).body;
  }

  async publish(changes: object = {}) {
    const { id } = await this.create(changes);
    return (await this.call('POST', `/v1/events/${id}/publish`)).body;
  }
}

export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
export const price = (amount: unknown, currency = 'EUR') => ({ amount, currency });
export const standing = { name: 'Standing', kind: 'general', capacity: 500, price: price(4500) };
export const stalls = { name: 'Stalls', kind: 'seated', price: price(9000) };
export const section = (name: string, seats: unknown = 24) => ({
  name,
  ticketType: 'Stalls',
  rows: [{ name: '1', seats }],
});
export const mahler = {
  title: 'Mahler 5',
  description: 'The fifth symphony.',
  category: 'concert',
  venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
  startsAt: inDays(30),
  endsAt: inDays(31),
  salesStartAt: null,
  salesEndAt: null,
  ticketTypes: [{ ...standing, maxPerBooking: 6, maxPerPerson: 8 }, stalls],
  seatMap: { sections: [section('A')] },
};
export const pathsOf = (body: { errors?: { path: string }[] }) =>
  (body.errors ?? []).map((error) => error.path);
