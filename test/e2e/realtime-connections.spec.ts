import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { LiveClient } from '../support/live.client.js';
import { LiveStage } from '../support/live.stage.js';
import { RawSocket } from '../support/raw.socket.js';
import { ownRedis } from '../support/servers.js';

// Two processes in the default profile: what somebody may have, both of them together grant.
const ADDRESS = 100;
const USER = 20;
const WITHIN_MS = 90_000;

let redis: Awaited<ReturnType<typeof ownRedis>>;
let stage: LiveStage;

beforeAll(async () => {
  redis = await ownRedis();
  // Each test comes from an address of its own.
  const env = { THROTTLE_PROFILE: 'default', TRUSTED_PROXIES: '127.0.0.1' };
  stage = await LiveStage.open({ apis: 2, workers: 0, env }, { redisUrl: redis.url() });
}, 240_000);
afterAll(async () => {
  await stage?.close();
  await redis?.stop();
});

const open = (address: string, api = 0, query = '') =>
  LiveClient.open(stage.urls[api]!, query, { headers: { 'x-forwarded-for': address } });
const openMany = (count: number, address: (n: number) => string, api: number, query = '') =>
  Promise.all(Array.from({ length: count }, (_, n) => open(address(n), api, query)));
const closeAll = (clients: LiveClient[]) => Promise.all(clients.map((client) => client.close()));

/** Tries until another connection of the address is refused, or let in. */
async function until(outcome: 'refused' | 'opened', address: string, api: number): Promise<void> {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(200)) {
    const client = await open(address, api).catch((error: Error) => {
      expect(error.message).toContain('429');
      return null;
    });
    await client?.close();
    if ((client === null) === (outcome === 'refused')) return;
  }
  throw new Error(`not ${outcome} within ${WITHIN_MS / 1000} s`);
}

it('an address has a hundred connections to all processes together, a /64 being one address', async () => {
  const address = (n: number) => `2001:db8:1:1:${n.toString(16)}::1`;
  const [here, there] = await Promise.all([openMany(60, address, 0), openMany(40, address, 1)]);
  for (const api of [0, 1]) await expect(open(address(999), api)).rejects.toThrow('429');
  await (await open('2001:db8:1:2::1')).close();
  await here.pop()!.close();
  // The other process hears of it right away, though not before the client does.
  await until('opened', address(0), 1);
  await closeAll([...here, ...there]);
});

it('a user has twenty, and is told so', async () => {
  const address = () => '192.0.2.2';
  const ada = await stage.signUp();
  const query = `?token=${ada.token}`;
  const [here, there] = await Promise.all([openMany(12, address, 0, query), openMany(8, address, 1, query)]);
  await Promise.all([...here, ...there].map((client) => client.heard('authenticated')));
  expect(here.length + there.length).toBe(USER);
  for (const api of [0, 1]) {
    const more = await open(address(), api, query);
    expect((await more.heard('error')).data.code).toBe('rate_limited');
    expect((await more.untilClosed()).code).toBe(1013);
  }
  const header = await LiveClient.open(stage.urls[0]!, '', {
    headers: { 'x-forwarded-for': address(), authorization: `Bearer ${ada.token}` },
  });
  expect((await header.untilClosed()).code).toBe(1013);
  await closeAll([...here, ...there]);
});

it('an upgrade that fails takes up none of them', async () => {
  const address = '192.0.2.3';
  for (let n = 0; n < ADDRESS + 10; n++) {
    const raw = await RawSocket.open(stage.urls[0]!, {
      'sec-websocket-key': 'bad',
      'x-forwarded-for': address,
    });
    expect(await raw.ended).toMatch(/^HTTP\/1.1 400 /);
  }
  await (await open(address)).close();
});

it('what Redis forgets is told again', async () => {
  const address = '192.0.2.4';
  const [here, there] = [await openMany(60, () => address, 0), await openMany(40, () => address, 1)];
  const admin = new Redis(redis.url());
  await admin.flushall();
  admin.disconnect();
  for (const api of [0, 1]) await until('refused', address, api);
  await closeAll([...here, ...there]);
});

it('while Redis is away nobody is refused for what another process has, and afterwards they are', async () => {
  const address = '192.0.2.5';
  const [here, there] = [await openMany(60, () => address, 0), await openMany(40, () => address, 1)];
  await redis.kill();
  here.push(await open(address, 0));
  await redis.restart();
  await here.pop()!.close();
  for (const api of [0, 1]) await until('refused', address, api);
  await closeAll([...here, ...there]);
});

it('the connections of a process that died are nobody’s', async () => {
  const address = '192.0.2.6';
  const [, there] = await Promise.all([openMany(60, () => address, 0), openMany(40, () => address, 1)]);
  await expect(open(address, 1)).rejects.toThrow('429');
  const api = stage.stack.apis[0]!;
  api.kill('SIGKILL');
  await until('opened', address, 1);
  await api.restart();
  await closeAll(there);
});
