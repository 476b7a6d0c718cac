import { setTimeout as sleep } from 'node:timers/promises';
import { RedisConnection } from '#libs/caching';
import { parseId } from '#libs/kernel';
import { LiveStreams } from '../../libs/realtime/src/streams/live-streams.client.js';
import { LiveClient, gapsIn } from '../support/live.client.js';
import { type Hall, LiveStage } from '../support/live.stage.js';
import { eventually } from '../support/relay.js';

/** Seconds that an access token lives here. */
const TOKEN_SECONDS = 8;

let stage: LiveStage;
let redis: RedisConnection;
let streams: LiveStreams;

beforeAll(async () => {
  stage = await LiveStage.open({ env: { ACCESS_TOKEN_SECONDS: String(TOKEN_SECONDS) } });
  redis = new RedisConnection(stage.databases.config);
  await new Promise((resolve) => redis.client.once('ready', resolve));
  streams = new LiveStreams(redis);
}, 240_000);
afterAll(async () => {
  redis?.onApplicationShutdown();
  await stage?.close();
});

const open = (query = '') => LiveClient.open(stage.urls[0]!, query);
const errorsOf = (client: LiveClient) =>
  client.frames.filter(({ event }) => event === 'error').map(({ data }) => data.code as string);

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${stage.urls[0]}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

let runs = 0;

/** Messages that stand for busy sales, at the pace of those who read: the test plays the relay. */
async function publish(
  hall: Hall,
  count: number,
  bytes: number,
  readers: readonly LiveClient[] = [],
): Promise<number> {
  const run = ++runs;
  const topic = { kind: 'event', id: parseId('event', hall.id)! } as const;
  for (let n = 0; n < count; n++) {
    const data = { run, n, padding: 'x'.repeat(bytes) };
    const [outcome] = await streams.publish([
      { topic, event: 'event.changed', data, guard: { once: `run ${run}, ${n}` } },
    ]);
    expect(outcome).toBe('told');
    for (const reader of readers) await reader.wait(() => ofRun(reader, run).at(-1)?.data.n === n);
  }
  return run;
}

/** What a client has heard of it; the topic also tells the hall's own news. */
const ofRun = (client: LiveClient, run: number) => client.frames.filter(({ data }) => data.run === run);

describe('a connection', () => {
  it('is told that its token is bad, and closed', async () => {
    for (const token of ['nonsense', 'eyJhbGciOiJub25lIn0.e30.']) {
      const client = await open(`?token=${token}`);
      expect((await client.untilClosed()).code).toBe(1008);
      expect(errorsOf(client)).toEqual(['unauthenticated']);
    }
    const client = await open();
    client.send('authenticate', { token: 'nonsense' });
    expect((await client.untilClosed()).code).toBe(1008);
  });

  it('ends when its token runs out, and lives on with a new one', async () => {
    const ada = await stage.signUp();
    const [hers, renewed] = await Promise.all([open(`?token=${ada.token}`), open(`?token=${ada.token}`)]);
    await Promise.all([hers.subscribe(['me']), renewed.subscribe(['me'])]);
    await sleep(2000);
    const { accessToken } = await stage.call('POST', '/v1/auth/refresh', { refreshToken: ada.refreshToken });
    renewed.send('authenticate', { token: accessToken });
    expect((await hers.untilClosed()).code).toBe(1008);
    expect(errorsOf(hers)).toEqual(['unauthenticated']);
    expect(renewed.closed).toBeNull();
    expect((await renewed.untilClosed()).code).toBe(1008);
  });

  it('ends when its session does, and is one person’s only', async () => {
    const [ada, bob] = [await stage.signUp(), await stage.signUp()];
    const client = await open(`?token=${ada.token}`);
    await client.heard('authenticated');
    client.send('authenticate', { token: bob.token });
    await client.heard('error');
    expect(errorsOf(client)).toEqual(['forbidden']);
    await stage.call('POST', '/v1/auth/logout', { refreshToken: ada.refreshToken });
    expect((await client.untilClosed()).code).toBe(1008);
    // Its token runs out soon, too.
    expect(client.frames.at(-1)!.data.detail).toContain('session was ended');
  });

  it('bears frames that nobody can read, and none that are too large', async () => {
    const client = await open();
    const bad = [
      '',
      'nonsense',
      '[]',
      '{"event":7}',
      '{"event":"__proto__"}',
      '{"event":"subscribe","data":{"topics":{}}}',
    ];
    for (const text of bad) client.socket.send(text);
    client.socket.send(Buffer.from([0, 1, 2]), { binary: true });
    client.socket.send(`${'['.repeat(10_000)}`);
    client.send('ping');
    await client.heard('pong');
    expect(errorsOf(client)).toEqual(Array.from({ length: bad.length + 2 }, () => 'malformed_frame'));
    client.socket.send(JSON.stringify({ event: 'ping', data: { padding: 'x'.repeat(64 * 1024) } }));
    expect((await client.untilClosed()).code).toBe(1009);
  });

  it('follows fifty topics and no more', async () => {
    const halls: Hall[] = [];
    while (halls.length < 51) halls.push(await stage.publish());
    const client = await open();
    client.send('subscribe', { topics: halls.map(({ topic }) => topic) });
    expect((await client.heard('subscribed')).data.topics).toHaveLength(50);
    expect(errorsOf(client)).toEqual(['too_many_subscriptions']);
    client.send('unsubscribe', { topics: [halls[0]!.topic] });
    await client.subscribe([halls[50]!.topic]);
    await client.close();
  });

  it('that floods is told so, then closed, and nobody else notices', async () => {
    const [flooder, other] = await Promise.all([open(), open()]);
    for (let n = 0; n < 1000; n++) flooder.send('ping');
    await flooder.heard('error');
    expect(errorsOf(flooder)[0]).toBe('rate_limited');
    other.send('ping');
    await other.heard('pong');
    await sleep(1500);
    flooder.send('ping');
    await flooder.wait(() => flooder.frames.at(-1)?.event === 'pong');
    for (let n = 0; n < 4000; n++) flooder.send('ping');
    expect((await flooder.untilClosed()).code).toBe(1008);
    expect(flooder.frames.filter(({ event }) => event === 'pong').length).toBeLessThan(600);
    await other.close();
  });

  it('that reads slowly gets a snapshot in place of what it missed; those who read get everything', async () => {
    const hall = await stage.publish();
    const [slow, ...fast] = await Promise.all(Array.from({ length: 4 }, () => open()));
    const seqs = await Promise.all([slow!, ...fast].map((client) => client.subscribe([hall.topic])));
    const from = seqs[0]![hall.topic]!;
    slow!.socket.pause();
    const run = await publish(hall, 150, 100_000, fast);
    for (const client of fast) {
      expect(ofRun(client, run)).toHaveLength(150);
      expect(gapsIn(client.of(hall.topic), from)).toEqual([]);
      expect(client.of(hall.topic).some(({ event }) => event === 'snapshot')).toBe(false);
    }
    slow!.socket.resume();
    const snapshot = await slow!.heard('snapshot');
    expect(snapshot.data.availability.eventId).toBe(hall.id);
    const afterwards = await publish(hall, 1, 10);
    await slow!.until(({ data }) => data.run === afterwards);
    expect(gapsIn(slow!.of(hall.topic), from)).toEqual([]);
    expect(ofRun(slow!, run).length).toBeLessThan(150);
    await Promise.all([slow!, ...fast].map((client) => client.close()));
  });

  it('that does not read at all is cut off', async () => {
    const hall = await stage.publish();
    const before = await metric('live_cut_off_total');
    const client = await open();
    await client.subscribe([hall.topic]);
    client.socket.pause();
    await publish(hall, 150, 100_000);
    for (
      const end = Date.now() + 60_000;
      (await metric('live_cut_off_total')) === before && Date.now() < end;
    )
      await sleep(200);
    expect(await metric('live_cut_off_total')).toBe(before + 1);
    client.socket.resume();
    await client.untilClosed();
  });

  it('that asks for more than it reads is cut off, too', async () => {
    const hall = await stage.publish();
    const client = await open();
    const from = (await client.subscribe([hall.topic]))[hall.topic]!;
    await publish(hall, 150, 15_000, [client]);
    const before = await metric('live_cut_off_total');
    const cutOff = async () => (await metric('live_cut_off_total')) - before;
    client.socket.pause();
    // 2 MB each time, of which the network keeps some.
    for (let asked = 0; asked < 30 && !(await cutOff()); asked++) {
      client.send('subscribe', { topics: [hall.topic], after: { [hall.topic]: from } });
      await sleep(50);
    }
    await eventually(cutOff, (count) => count === 1);
    client.socket.resume();
    await client.untilClosed();
  });

  it('is sent to another process when its own ends', async () => {
    const client = await open();
    const api = stage.stack.apis[0]!;
    const restarted = api.restart();
    expect((await client.untilClosed()).code).toBe(1012);
    await restarted;
    expect(api.output).not.toMatch(/nonsense|ending by force/);
    await (await open()).close();
  });
});
