import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { Users } from '#libs/identity';
import { formatId, parseId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type Sale, type SaleOptions, openSale } from '../support/sale.js';

const PASSWORD = 'a long password';

/** What came back of a request. */
export interface Reply {
  status: number;
  headers: Record<string, unknown>;
  /** As JSON came. */
  body: any;
}

/** Somebody who is signed in. */
export interface Client {
  call: (method: Method, url: string, payload?: object, headers?: Record<string, string>) => Promise<Reply>;
  join: (sale: Sale, quantity?: unknown, headers?: Record<string, string>) => Promise<Reply>;
  book: (sale: Sale, quantity: number) => Promise<Reply>;
  cancel: (booked: Reply) => Promise<Reply>;
  entry: (joined: Reply) => Promise<Reply>;
  accept: (joined: Reply, headers?: Record<string, string>) => Promise<Reply>;
  decline: (joined: Reply, headers?: Record<string, string>) => Promise<Reply>;
  leave: (joined: Reply) => Promise<Reply>;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** An API with people who wait, buy and organize. */
export interface WaitingWorld {
  app: NestFastifyApplication;
  shards: Shards;
  /** Somebody new. */
  person: (name: string) => Promise<Client>;
  /** An organizer, and sales of that organization. */
  organizer: (name: string) => Promise<{ client: Client; open: (options?: SaleOptions) => Promise<Sale> }>;
  /** Lets the offer of an entry lapse, as its time would. */
  lapse: (joined: Reply) => Promise<void>;
  close: () => Promise<void>;
}

export async function openWaitingWorld(): Promise<WaitingWorld> {
  const databases: TestDatabases = await createDatabases();
  const app = await createApi(readConfig('api', { ...databases.env, THROTTLE_PROFILE: 'relaxed' }));
  const shards = app.get(Shards);
  const send = async (token: string, method: Method, url: string, payload?: object, headers = {}) => {
    const sent = { authorization: `Bearer ${token}`, ...headers };
    const { statusCode, headers: got, body } = await app.inject({ method, url, payload, headers: sent });
    return { status: statusCode, headers: got, body: body ? JSON.parse(body) : undefined } as Reply;
  };
  const signIn = (way: 'register' | 'login', name: string) =>
    send('', 'POST', `/v1/auth/${way}`, {
      email: `${name}@example.com`,
      password: PASSWORD,
      ...(way === 'register' && { name }),
    });
  return {
    app,
    shards,
    person: async (name) => clientOf(send.bind(null, (await signIn('register', name)).body.accessToken)),
    organizer: async (name) => {
      const { user } = (await signIn('register', name)).body;
      const { organizationId } = await app
        .get(Users)
        .changeRole(parseId('user', user.id)!, 'organizer')
        .then(async () => (await signIn('login', name)).body.user);
      const client = clientOf(send.bind(null, (await signIn('login', name)).body.accessToken));
      const own = { organizationId: parseId('organization', organizationId)! };
      return { client, open: (options) => openSale(shards, { ...own, ...options }) };
    },
    lapse: async ({ body }) => {
      const id = parseId('waitlistEntry', body.id)!;
      const { rowCount } = await shards.ofId(id).primary.sql.query(
        `UPDATE holds SET created_at = created_at - interval '1 h', expires_at = clock_timestamp() - interval '1 ms'
         WHERE entry_id = $1 AND status = 'active'`,
        [id],
      );
      if (rowCount !== 1) throw new Error(`entry ${body.id} has no offer that could lapse`);
    },
    close: async () => {
      await app.close();
      await databases.drop();
    },
  };
}

function clientOf(call: Client['call']): Client {
  const eventOf = (sale: Sale) => formatId('event', sale.eventId);
  const typeOf = (sale: Sale) => formatId('ticketType', sale.typeIds[0]!);
  return {
    call,
    join: (sale, quantity = 1, headers = {}) =>
      call('POST', `/v1/events/${eventOf(sale)}/waitlist`, { ticketTypeId: typeOf(sale), quantity }, headers),
    book: (sale, quantity) =>
      call('POST', '/v1/bookings', {
        eventId: eventOf(sale),
        items: [{ ticketTypeId: typeOf(sale), quantity }],
      }),
    cancel: ({ body }) => call('POST', `/v1/bookings/${body.id}/cancel`),
    entry: ({ body }) => call('GET', `/v1/waitlist/${body.id}`),
    accept: ({ body }, headers = {}) => call('POST', `/v1/waitlist/${body.id}/accept`, undefined, headers),
    decline: ({ body }, headers = {}) => call('POST', `/v1/waitlist/${body.id}/decline`, undefined, headers),
    leave: ({ body }) => call('DELETE', `/v1/waitlist/${body.id}`),
  };
}
