import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type FastifyInstance, type FastifyRequest, fastify as createFastify } from 'fastify';
import type { Config } from '#libs/config';
import { until } from '../../../../test/support/until.js';
import { LoadShedder, shedRequests } from '../index.js';

let shedder: LoadShedder;
let fastify: FastifyInstance;
/** Ends all requests that wait. */
let release: () => void;
let releaseFirst: () => void;
let began: number;
/** So many may be let go before the others. */
const FIRST = 20;
/** Bodies that came as far as a handler. */
let bodies: unknown[];
/** What a request waits for before there is room for it or not, as for its limits. */
let limits: () => Promise<void>;

/** With room for one and a half times `atOnce` ordinary requests and for twice that many of checkout, until something is late. */
const start = async (atOnce: number) => {
  Logger.overrideLogger(false);
  shedder = new LoadShedder({ load: { atOnce, delayMs: 50 } } as Config);
  const gate = new Promise<void>((resolve) => (release = resolve));
  const early = new Promise<void>((resolve) => (releaseFirst = resolve));
  began = 0;
  bodies = [];
  limits = async () => undefined;
  fastify = createFastify();
  fastify.addHook('onRequest', () => limits());
  shedRequests(fastify, shedder, () => true);
  fastify.setErrorHandler((error: { code?: string; kind?: { status: number } }, _, reply) =>
    reply.status(error.kind?.status ?? 500).send(error.code),
  );
  const handler = async ({ body }: FastifyRequest) => {
    const mayLeaveEarly = began++ < FIRST;
    bodies.push(body);
    await (mayLeaveEarly ? Promise.race([gate, early]) : gate);
    return 'done';
  };
  fastify.get('/v1/events', handler);
  fastify.get('/health/live', () => 'ok');
  const config = { limits: { priority: true, target: 'eventId' } };
  fastify.post('/v1/bookings', { config }, handler);
  fastify.post('/v1/events/:id/holds', { config: { limits: { priority: true } } }, handler);
  await fastify.listen({ port: 0, host: '127.0.0.1' });
};
const stop = async () => {
  release();
  await fastify.close();
  shedder.onApplicationShutdown();
};
beforeEach(() => start(4));
afterEach(stop);

const ask = async (method: 'GET' | 'POST', url: string) => {
  const { statusCode, body } = await fastify.inject({ method, url });
  return `${statusCode} ${body}`;
};
const times = (count: number, method: 'GET' | 'POST', url: string) =>
  Array.from({ length: count }, () => ask(method, url));
/** A bare connection, and what came on it so far. */
const dial = async () => {
  const { port } = fastify.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let text = '';
  socket.on('data', (piece) => (text += String(piece)));
  await once(socket, 'connect');
  return { socket, heard: () => text };
};

it('refuses what there is no room for, reads before checkout, and never whoever watches over it', async () => {
  const reads = times(10, 'GET', '/v1/events');
  expect(await Promise.all(reads.slice(6))).toEqual(Array<string>(4).fill('503 overloaded'));
  const bookings = times(10, 'POST', '/v1/bookings');
  expect(await Promise.all(bookings.slice(2))).toEqual(Array<string>(8).fill('503 overloaded'));
  expect(await ask('GET', '/health/live')).toBe('200 ok');
  release();
  const admitted = [...reads.slice(0, 6), ...bookings.slice(0, 2)];
  expect(await Promise.all(admitted)).toEqual(Array<string>(8).fill('200 done'));
  expect(began).toBe(8);
});

it('has room again when requests have ended', async () => {
  const first = times(6, 'GET', '/v1/events');
  await until(() => began === 6);
  expect(await ask('GET', '/v1/events')).toBe('503 overloaded');
  release();
  await Promise.all(first);
  expect(await Promise.all(times(6, 'GET', '/v1/events'))).toEqual(Array<string>(6).fill('200 done'));
});

it('gives the place of a client that left to others', async () => {
  const sockets = await Promise.all(Array.from({ length: 6 }, async () => (await dial()).socket));
  for (const socket of sockets) socket.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
  await until(() => began === 6);
  expect(await ask('GET', '/v1/events')).toBe('503 overloaded');
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map((socket) => once(socket, 'close')));
  const next = times(1, 'GET', '/v1/events');
  await until(() => began === 7);
  release();
  expect(await next[0]).toBe('200 done');
});

it('does not keep the place of a client that left before there was one for it', async () => {
  let decided = 0;
  const gate = sleep(300);
  limits = () => gate.then(() => void decided++);
  const sockets = await Promise.all(Array.from({ length: 6 }, () => dial()));
  for (const { socket } of sockets) socket.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
  await sleep(100);
  for (const { socket } of sockets) socket.destroy();
  await until(() => decided === 6);
  limits = async () => undefined;
  const next = times(6, 'GET', '/v1/events');
  await until(() => began === 6);
  release();
  expect(await Promise.all(next)).toEqual(Array<string>(6).fill('200 done'));
});

describe('in a flood', () => {
  const HOT = 'evt_00000000000000000000000001';
  const OTHER = 'evt_00000000000000000000000002';
  let flood: Promise<string>[];
  beforeEach(async () => {
    await stop();
    await start(FIRST);
    flood = times(FIRST + 1, 'GET', '/v1/events');
    await until(() => shedder.narrowed); // nothing ends: that is late
    releaseFirst();
    await Promise.all(flood.slice(0, FIRST)); // one stays: as long as nothing ends, it remains so
  });
  afterEach(async () => {
    release();
    await Promise.all(flood);
  });

  const post = async (path: string, body: string) => {
    const { port } = fastify.server.address() as { port: number };
    const headers = { 'content-type': 'application/json' };
    return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  };
  const book = (eventId: string) => post('/v1/bookings', JSON.stringify({ items: [], eventId, more: 1 }));
  const hold = (eventId: string) => post(`/v1/events/${eventId}/holds`, '{}');
  /** Asks until it is refused, and gives the refusal. */
  const exhaust = async (one: (eventId: string) => Promise<Response>) => {
    for (;;) {
      const before = began;
      const answer = one(HOT);
      flood.push(answer.then(({ status }) => String(status)));
      let isAnswered = false;
      const refused = answer.finally(() => (isAnswered = true));
      const entered = until(() => isAnswered || began > before).then(() => null);
      const first = await Promise.race([refused, entered]);
      if (first) return first;
    }
  };

  it.each([
    ['named by the body', book],
    ['named by the path', hold],
  ])('keeps room for others beside what all want, %s', async (_, one) => {
    await exhaust(one);
    const before = began;
    const answer = one(OTHER);
    await until(() => began === before + 1);
    release();
    expect((await answer).status).toBe(200);
  });

  it('refuses before anything else, with a problem that says when to come back', async () => {
    await exhaust(book);
    limits = () => Promise.reject(new Error('too far'));
    const answer = await book(HOT);
    expect(answer.status).toBe(503);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '1',
      'x-request-id': expect.any(String),
      traceparent: expect.any(String),
    });
    expect(await answer.json()).toMatchObject({
      code: 'overloaded',
      status: 503,
      instance: '/v1/bookings',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    limits = async () => undefined;
  });

  it.each([
    ['in one piece with its head', (head: string, body: string) => [head + body]],
    ['after its head', (head: string, body: string) => [head, body]],
    ['in pieces', (head: string, body: string) => [head, body.slice(0, 20), body.slice(20)]],
  ])('leaves a body whole that comes %s', async (_, cut) => {
    const { socket, heard } = await dial();
    const sent = { eventId: OTHER, note: 'Größe' };
    const body = JSON.stringify(sent);
    const head = `POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    for (const piece of cut(head, body)) {
      socket.write(piece);
      await sleep(30);
    }
    await until(() => began === FIRST + 2);
    release();
    await until(() => heard().includes('HTTP/1.1 200 '));
    expect(bodies.at(-1)).toEqual(sent);
    socket.destroy();
  });
});

it('keeps the connection of a client whose body it refuses to read', async () => {
  const reads = [...times(6, 'GET', '/v1/events'), ...times(2, 'POST', '/v1/bookings')];
  await until(() => began === 8);
  const { socket, heard } = await dial();
  const body = JSON.stringify({ padding: 'x'.repeat(200_000) });
  const head = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(`POST /v1/bookings HTTP/1.1\r\n${head}${body}`);
  await until(() => heard().includes('HTTP/1.1 503 '));
  socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
  await until(() => heard().includes('HTTP/1.1 200 '));
  socket.destroy();
  release();
  await Promise.all(reads);
});
