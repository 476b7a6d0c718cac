import pg from 'pg';
import { parseId } from '#libs/kernel';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { ownRedis } from '../support/servers.js';
import { type TestStack, startStack } from '../support/stack.js';
import { until } from '../support/until.js';
import { inDays, mahler } from './events.client.js';

export interface Asked {
  at?: string;
  method?: string;
  body?: object;
  token?: string | null;
  headers?: Record<string, string>;
}

/** Two API processes and a worker with a Redis of their own, and those who call them. */
export class CacheClient {
  here!: string;
  there!: string;
  admin!: string;
  organizer!: string;
  attendee!: string;

  private constructor(
    readonly redis: Awaited<ReturnType<typeof ownRedis>>,
    readonly databases: TestDatabases,
    readonly stack: TestStack,
  ) {
    [this.here, this.there] = stack.apis.map(({ url }) => url) as [string, string];
  }

  static async start(): Promise<CacheClient> {
    const redis = await ownRedis();
    const databases = await createDatabases({ redisUrl: redis.url() });
    const stack = await startStack(databases, { apis: 2, workers: 1, env: { THROTTLE_PROFILE: 'relaxed' } });
    const client = new CacheClient(redis, databases, stack);
    const { email, password } = databases.config.auth.admin!;
    const login = await client.ask('/v1/auth/login', { method: 'POST', body: { email, password } });
    client.admin = login.body.accessToken;
    client.organizer = await client.signUp('own@example.com', 'organizer');
    client.attendee = await client.signUp('ada@example.com', null);
    return client;
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await this.databases.drop();
    await this.redis.stop();
  }

  async ask(path: string, { at = this.here, method = 'GET', body, token = null, headers = {} }: Asked = {}) {
    const response = await fetch(at + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const tier = /cache;desc=(\w+)/.exec(response.headers.get('server-timing') ?? '')?.[1] ?? null;
    return {
      status: response.status,
      tier,
      etag: response.headers.get('etag'),
      type: response.headers.get('content-type'),
      body: text ? JSON.parse(text) : undefined,
    };
  }

  async signUp(email: string, role: 'organizer' | null): Promise<string> {
    const credentials = { email, password: 'a long password' };
    const body = { ...credentials, name: 'Ada' };
    const made = await this.ask('/v1/auth/register', { method: 'POST', body });
    if (!role) return made.body.accessToken;
    await this.ask(`/v1/users/${made.body.user.id}`, { method: 'PATCH', body: { role }, token: this.admin });
    return (await this.ask('/v1/auth/login', { method: 'POST', body: credentials })).body.accessToken;
  }

  /** Its path; published unless told otherwise. */
  async newEvent(title = 'Mahler 5', published = true, more: object = {}): Promise<string> {
    const body = { ...mahler, title, startsAt: inDays(30), endsAt: inDays(31), ...more };
    const { id } = (await this.ask('/v1/events', { method: 'POST', body, token: this.organizer })).body;
    if (published) await this.ask(`/v1/events/${id}/publish`, { method: 'POST', token: this.organizer });
    return `/v1/events/${id}`;
  }

  /** Runs statements on the event's shard, past all that tells anybody; `$1` is its id. */
  async behindTheirBacks(
    event: string,
    ...statements: [text: string, ...values: unknown[]][]
  ): Promise<void> {
    const { id, shard } = (await this.ask(event, { token: this.organizer })).body;
    await this.onShard(shard, async (client) => {
      await client.query('BEGIN');
      for (const [text, ...values] of statements) await client.query(text, [parseId('event', id), ...values]);
      await client.query('COMMIT');
    });
  }

  /** Waits until everybody was told of all that happened so far: each news makes what is being read outdated. */
  async allTold(): Promise<void> {
    const pending = 'SELECT FROM outbox WHERE done_at IS NULL';
    for (const shard of ['shard-1', 'shard-2', 'shard-3', 'shard-4']) {
      await this.onShard(shard, (client) => until(async () => (await client.query(pending)).rowCount === 0));
    }
  }

  private async onShard(shard: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
    const url = this.databases.env[`${shard.toUpperCase().replace('-', '_')}_URL`];
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }

  /** Readings of the database for a view, by both processes. */
  async loads(view: string): Promise<number> {
    const counts = await Promise.all(
      [this.here, this.there].map(async (at) => {
        const text = await (await fetch(`${at}/metrics`)).text();
        return Number(new RegExp(`^cache_loads_total\\{view="${view}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      }),
    );
    return counts[0]! + counts[1]!;
  }
}
