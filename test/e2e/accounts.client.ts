import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type TestStack, startStack } from '../support/stack.js';
import pg from 'pg';

export const PASSWORD = 'canary-password-1f6d';

export interface Answer {
  status: number;
  headers: Headers;
  // Whatever the route answers with; each test knows what it asked for.
  body: any;
}

export interface CallOptions {
  token?: string;
  key?: string;
  headers?: Record<string, string>;
  /** Which of the two API processes to ask. */
  process?: 0 | 1;
}

export interface Account {
  user: { id: string; email: string; role: string; organizationId: string | null; version: number };
  accessToken: string;
  refreshToken: string;
}

/** Where nothing secret may be found afterwards. */
export interface Traces {
  /** Everything secret that passed through the API. */
  secrets: string[];
  /** All rows of a table, as text. */
  tables: Record<string, string>;
  /** What both processes wrote. */
  log: string;
}

/** Two API processes on databases of their own, and a client that remembers every secret it saw. */
export class AccountsClient {
  readonly secrets = new Set([PASSWORD]);
  private people = 0;

  private constructor(
    readonly databases: TestDatabases,
    private readonly stack: TestStack,
  ) {}

  static async open(): Promise<AccountsClient> {
    const databases = await createDatabases();
    const env = { THROTTLE_PROFILE: 'relaxed', LOG_LEVEL: 'trace' };
    try {
      return new AccountsClient(databases, await startStack(databases, { apis: 2, workers: 0, env }));
    } catch (error) {
      await databases.drop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.stack.stop();
    await this.databases.drop();
  }

  async call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const { token, key, process = 0 } = options;
    const response = await fetch(this.stack.apis[process]!.url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(key !== undefined && { 'x-api-key': key }),
        ...options.headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const parsed = text ? (JSON.parse(text) as Record<string, unknown>) : null;
    for (const name of ['accessToken', 'refreshToken', 'key']) {
      if (typeof parsed?.[name] === 'string') this.secrets.add(parsed[name]);
    }
    return { status: response.status, headers: response.headers, body: parsed };
  }

  newEmail(): string {
    return `person-${++this.people}@example.com`;
  }

  async register(): Promise<Account> {
    const body = { email: this.newEmail(), password: PASSWORD, name: 'Ada' };
    return this.expect(201, await this.call('POST', '/v1/auth/register', body)) as Account;
  }

  async admin(): Promise<Account> {
    const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = this.databases.env;
    this.secrets.add(password!);
    return this.expect(200, await this.call('POST', '/v1/auth/login', { email, password })) as Account;
  }

  async organizer(): Promise<Account> {
    const account = await this.register();
    const { accessToken: token } = await this.admin();
    const path = `/v1/users/${account.user.id}`;
    this.expect(200, await this.call('PATCH', path, { role: 'organizer' }, { token }));
    return account;
  }

  /** Ends the processes and gives what is left. */
  async traces(): Promise<Traces> {
    await this.stack.stop();
    const client = new pg.Client(this.databases.env.MASTER_URL);
    await client.connect();
    try {
      const tables: Record<string, string> = {};
      for (const table of ['users', 'sessions', 'api_keys', 'access_changes', 'organizations', 'outbox']) {
        const { rows } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${table} t`);
        tables[table] = rows.map(({ text }) => text).join('\n');
      }
      return {
        secrets: [...this.secrets],
        tables,
        log: this.stack.apis.map(({ output }) => output).join('\n'),
      };
    } finally {
      await client.end();
    }
  }

  private expect(status: number, answer: Answer): unknown {
    if (answer.status !== status)
      throw new Error(`${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`);
    return answer.body as unknown;
  }
}

/** Waits for what the contract gives five seconds; a slow machine gets ten times that. */
export async function soon(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 50_000; !(await holds());) {
    if (Date.now() > end) throw new Error('not within 50 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
