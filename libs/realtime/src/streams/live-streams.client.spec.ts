import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { RedisServer } from '../../../../apps/cli/src/local-stack/index.js';
import { ownRedis } from '../../../../test/support/servers.js';
import { RedisConnection } from '#libs/caching';
import type { Config } from '#libs/config';
import { newId } from '#libs/kernel';
import type { Topic } from '../domain/topic.js';
import { LiveStreams, PACE_MS, type Publication } from './live-streams.client.js';

let server: RedisServer;
let connections: RedisConnection[];
/** Two relays that share a Redis. */
let one: LiveStreams;
let other: LiveStreams;
let listener: Redis;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await ownRedis();
  const config = { redis: { url: server.url() }, processName: 'worker' } as Config;
  connections = [new RedisConnection(config), new RedisConnection(config)];
  [one, other] = connections.map((connection) => new LiveStreams(connection)) as [LiveStreams, LiveStreams];
  await Promise.all(connections.map(({ client }) => new Promise((resolve) => client.once('ready', resolve))));
  listener = new Redis(server.url());
});
afterAll(async () => {
  listener?.disconnect();
  connections?.forEach((connection) => connection.onApplicationShutdown());
  await server?.stop();
});

const newTopic = (): Topic => ({ kind: 'event', id: newId(0) });
let messages = 0;
const message = (topic: Topic, once = `message ${++messages}`, data: object = {}): Publication => ({
  ...{ topic, event: 'event.changed', data },
  guard: { once },
});
const state = (topic: Topic, version: number, event = 'availability.changed'): Publication => ({
  ...{ topic, event, data: { version } },
  guard: { version },
});
const seqOf = (frame: Buffer) => (JSON.parse(frame.toString()) as { seq: number }).seq;

async function tell(streams: LiveStreams, publication: Publication) {
  return (await streams.publish([publication]))[0];
}

/** Listens to a topic as a process does; gives what it hears. */
async function listen(topic: Topic): Promise<{ seq: number; frame: Buffer }[]> {
  const heard: { seq: number; frame: Buffer }[] = [];
  const channel = one.channelOf(topic);
  listener.on('messageBuffer', (from: Buffer, data: Buffer) => {
    if (from.toString() !== channel) return;
    const end = data.indexOf(' ');
    heard.push({ seq: Number(data.subarray(0, end)), frame: data.subarray(end + 1) });
  });
  await listener.subscribe(channel);
  return heard;
}

async function untilHeard(heard: unknown[], count: number): Promise<void> {
  for (const end = Date.now() + 20_000; heard.length < count && Date.now() < end;) await sleep(5);
  expect(heard).toHaveLength(count);
}

it('gives a topic one sequence without a gap, however many publish at the same time', async () => {
  const topic = newTopic();
  const heard = await listen(topic);
  const { seq } = await one.join(topic);
  await Promise.all(Array.from({ length: 200 }, (_, n) => tell(n % 2 ? one : other, message(topic))));
  await untilHeard(heard, 200);
  expect(heard.map((message) => message.seq)).toEqual(Array.from({ length: 200 }, (_, n) => seq + n + 1));
  expect(heard.map(({ frame }) => seqOf(frame))).toEqual(heard.map((message) => message.seq));
  expect((await other.join(topic)).seq).toBe(seq + 200);
});

it('tells what happened once, whoever claims it again', async () => {
  const topic = newTopic();
  const heard = await listen(topic);
  const { seq } = await one.join(topic);
  const news = message(topic);
  const outcomes = await Promise.all([one, other, one, other].map((streams) => tell(streams, news)));
  expect(outcomes.sort()).toEqual(['known', 'known', 'known', 'told']);
  // Of another topic it is another message.
  const second = newTopic();
  await one.join(second);
  expect(await tell(one, { ...news, topic: second })).toBe('told');
  await untilHeard(heard, 1);
  expect((await one.join(topic)).seq).toBe(seq + 1);
});

it('tells a state no older than the last, and each kind at its pace', async () => {
  const topic = newTopic();
  await one.join(topic);
  // In one go: between two calls the pause may pass by itself.
  const [first, second] = await one.publish([state(topic, 5), state(topic, 6)]);
  expect(first).toBe('told');
  const { wait } = second as { wait: number };
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(PACE_MS);
  // Ten a second of both kinds together.
  expect((2 * 1000) / PACE_MS).toBeLessThanOrEqual(10);
  expect(await tell(other, state(topic, 1, 'seats.changed'))).toBe('told');
  await sleep(2 * PACE_MS);
  expect(await tell(other, state(topic, 4))).toBe('stale');
  expect(await tell(other, state(topic, 6))).toBe('told');
});

it('counts and keeps nothing where nobody follows', async () => {
  const topic = newTopic();
  expect(await tell(one, message(topic))).toBe('nobody');
  expect(await one.followed([topic])).toEqual([false]);
  const { seq } = await other.join(topic);
  expect(await one.followed([topic])).toEqual([true]);
  expect(await tell(one, message(topic))).toBe('told');
  expect((await one.join(topic)).seq).toBe(seq + 1);
});

it('replays exactly what came after, and nothing when some of it is not kept', async () => {
  const topic = newTopic();
  const { seq } = await one.join(topic);
  for (let n = 0; n < 10; n++) await tell(one, message(topic));
  for (const missed of [0, 1, 7, 10]) {
    const { frames } = await other.join(topic, seq + 10 - missed);
    const expected = Array.from({ length: missed }, (_, n) => seq + 11 - missed + n);
    expect(frames!.map(seqOf)).toEqual(expected);
  }
  // Before all that is kept; ahead of what there is.
  for (const after of [seq - 1, seq + 11, 5]) expect((await one.join(topic, after)).frames).toBeNull();
  await tell(one, message(topic, 'large', { padding: 'x'.repeat(20_000) }));
  await tell(one, message(topic));
  expect((await one.join(topic, seq + 10)).frames).toBeNull();
  expect((await one.join(topic, seq + 11)).frames!.map(seqOf)).toEqual([seq + 12]);
  for (let n = 0; n < 200; n++) await tell(one, message(topic));
  expect((await one.join(topic, seq + 12)).frames!).toHaveLength(200);
  expect((await one.join(topic, seq + 11)).frames).toBeNull();
});

it('begins far ahead after Redis forgot, or an epoch began, so that nobody goes on with what was', async () => {
  for (const forget of [() => connections[0]!.client.flushall(), () => other.beginEpoch()]) {
    const topic = newTopic();
    const { seq } = await one.join(topic);
    await tell(one, message(topic));
    await forget();
    const standing = await other.join(topic, seq);
    expect(standing.frames).toBeNull();
    expect(standing.seq).toBeGreaterThan(seq + 1);
    const next = newTopic();
    const before = (await one.join(next)).seq;
    await forget();
    await listen(next);
    expect(await tell(one, message(next))).toBe('told');
    expect((await one.join(next)).seq).toBeGreaterThan(before + 1);
  }
});
