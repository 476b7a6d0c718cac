import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Account, AccountPool } from './account.pool.js';
import { ProductClient } from './product.client.js';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const POST = { method: 'POST' as const, path: '/v1/bookings', route: 'POST /v1/bookings', body: {} };

let server: Server;
let handler: Handler;
let client: ProductClient;

beforeEach(async () => {
  server = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk: Buffer) => (body += chunk.toString()))
      .on('end', () => handler(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new ProductClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 4, 30_000);
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

it('tries again with the same key after a lost connection, a full lane and an unknown outcome', async () => {
  const keys: unknown[] = [];
  handler = (request, response) => {
    keys.push(request.headers['idempotency-key']);
    if (keys.length === 1) request.socket.destroy();
    else if (keys.length === 2) answer(response, 503, { code: 'overloaded' });
    else if (keys.length === 3) answer(response, 503, { code: 'outcome_unknown' });
    else if (keys.length === 4) answer(response, 409, { code: 'idempotency_in_progress' });
    else answer(response, 201, { id: 'bkg_1' }, { 'idempotency-replayed': 'true' });
  };
  expect(await client.send({ ...POST, idempotencyKey: 'k' })).toEqual({ id: 'bkg_1' });
  expect(keys).toEqual(['k', 'k', 'k', 'k', 'k']);
  expect([...client.retries.keys()].slice(1)).toEqual([
    'overloaded',
    'outcome_unknown',
    'idempotency_in_progress',
  ]);
  expect(client.replayed).toBe(1);
});

it('waits as long as it is told before it tries again', async () => {
  const times: number[] = [];
  handler = (_, response) => {
    times.push(Date.now());
    if (times.length === 1) answer(response, 429, { code: 'rate_limited' }, { 'retry-after': '1' });
    else answer(response, 200, {});
  };
  await client.send(POST);
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
});

it('stays within a limit that the product announces', async () => {
  let windowEnds = Date.now() + 1000;
  let left = 3;
  let refused = 0;
  handler = (_, response) => {
    if (Date.now() >= windowEnds) [windowEnds, left] = [Date.now() + 1000, 3];
    const t = Math.ceil((windowEnds - Date.now()) / 1000);
    if (left === 0) refused++;
    else left--;
    answer(response, 200, {}, { ratelimit: `"ip";r=${left};t=${t}`, 'ratelimit-policy': '"ip";q=3;w=1' });
  };
  for (let i = 0; i < 7; i++) await client.send(POST);
  expect(refused).toBe(0);
  expect(client.pacer.waited).toBeGreaterThan(0);
});

it('takes no for an answer where trying again would not help', async () => {
  let count = 0;
  handler = (_, response) => {
    count++;
    answer(response, 409, { code: 'sold_out', detail: 'No place is left.' });
  };
  await expect(client.send(POST)).rejects.toMatchObject({ code: 'sold_out', status: 409 });
  expect(count).toBe(1);
});

it('gives up in the end on a product that stays away', async () => {
  const impatient = new ProductClient('http://127.0.0.1:1', 1, 300);
  await expect(impatient.send(POST)).rejects.toThrow('still unreachable');
  await impatient.close();
});

it('signs in anew, once for all, when its token is refused', async () => {
  let logins = 0;
  handler = (request, response, body) => {
    if (request.url === '/v1/auth/register') return answer(response, 409, { code: 'email_taken' });
    if (request.url === '/v1/auth/login') {
      expect(JSON.parse(body)).toEqual({ email: 'a@replay.example', password: 'secret' });
      logins++;
      const user = { id: 'usr_1', role: 'attendee' };
      return answer(response, 200, { user, accessToken: `t${logins}`, refreshToken: '', expiresIn: 900 });
    }
    const stale = request.headers.authorization === 'Bearer t1';
    answer(response, stale ? 401 : 201, stale ? { code: 'unauthenticated' } : {});
  };
  const account = new Account(client, 'a@replay.example', 'secret', true);
  await Promise.all([1, 2, 3].map(() => client.send(POST, account)));
  expect(logins).toBe(2);
});

it('makes no account under a wrong password of the administrator, and says whose an account is that was', async () => {
  const asked: string[] = [];
  handler = (request, response, body) => {
    asked.push(request.url!);
    if (request.url === '/v1/auth/register') return answer(response, 409, { code: 'email_taken' });
    const { email } = JSON.parse(body) as { email: string };
    const user = { id: 'usr_1', role: 'admin' };
    if (email === 'right@replay.example')
      return answer(response, 200, { user, accessToken: 't', refreshToken: '', expiresIn: 900 });
    answer(response, 401, { code: 'invalid_credentials' });
  };
  const pool = (email: string) => new AccountPool(client, { email, password: 'secret' }, 1);
  await expect(pool('wrong@replay.example').organizer()).rejects.toMatchObject({
    code: 'invalid_credentials',
  });
  expect(asked).toEqual(['/v1/auth/login']);
  await expect(pool('right@replay.example').organizer()).rejects.toThrow(
    'replay-organizer@replay.example is of an earlier replay under another ADMIN_PASSWORD',
  );
});
