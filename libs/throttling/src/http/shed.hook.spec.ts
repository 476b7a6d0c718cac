import { once } from 'node:events';
import { connect } from 'node:net';
import { Logger } from '@nestjs/common';
import { type FastifyInstance, fastify as createFastify } from 'fastify';
import type { Config } from '#libs/config';
import { LoadShedder, shedRequests } from '../index.js';

/** Room for 4 ordinary requests and for 8 of checkout, until something is late. */
const load = { atOnce: 1, delayMs: 50 };

let shedder: LoadShedder;
let fastify: FastifyInstance;
/** Ends all requests that wait. */
let release: () => void;
let began: number;

beforeEach(async () => {
  Logger.overrideLogger(false);
  shedder = new LoadShedder({ load } as Config);
  const gate = new Promise<void>((resolve) => (release = resolve));
  began = 0;
  fastify = createFastify();
  shedRequests(fastify, shedder);
  fastify.setErrorHandler((error: { code?: string; kind?: { status: number } }, _, reply) =>
    reply.status(error.kind?.status ?? 500).send(error.code),
  );
  const handler = async () => {
    began++;
    await gate;
    return 'done';
  };
  fastify.get('/v1/events', handler);
  fastify.get('/health/live', () => 'ok');
  fastify.post('/v1/bookings', { config: { limits: { priority: true } } }, handler);
  await fastify.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  release();
  await fastify.close();
  shedder.onApplicationShutdown();
});

const ask = async (method: 'GET' | 'POST', url: string) => {
  const { statusCode, body } = await fastify.inject({ method, url });
  return `${statusCode} ${body}`;
};
const times = (count: number, method: 'GET' | 'POST', url: string) =>
  Array.from({ length: count }, () => ask(method, url));
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

it('refuses what there is no room for, reads before checkout, and never whoever watches over it', async () => {
  const reads = times(10, 'GET', '/v1/events');
  expect(await Promise.all(reads.slice(4))).toEqual(Array<string>(6).fill('503 overloaded'));
  const bookings = times(10, 'POST', '/v1/bookings');
  expect(await Promise.all(bookings.slice(4))).toEqual(Array<string>(6).fill('503 overloaded'));
  expect(await ask('GET', '/health/live')).toBe('200 ok');
  release();
  const admitted = [...reads.slice(0, 4), ...bookings.slice(0, 4)];
  expect(await Promise.all(admitted)).toEqual(Array<string>(8).fill('200 done'));
  expect(began).toBe(8);
});

it('has room again when requests have ended', async () => {
  const first = times(4, 'GET', '/v1/events');
  await until(() => began === 4);
  expect(await ask('GET', '/v1/events')).toBe('503 overloaded');
  release();
  await Promise.all(first);
  expect(await Promise.all(times(4, 'GET', '/v1/events'))).toEqual(Array<string>(4).fill('200 done'));
});

it('gives the place of a client that left to others', async () => {
  const { port } = fastify.server.address() as { port: number };
  const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) socket.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
  await until(() => began === 4);
  expect(await ask('GET', '/v1/events')).toBe('503 overloaded');
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map((socket) => once(socket, 'close')));
  const next = times(1, 'GET', '/v1/events');
  await until(() => began === 5);
  release();
  expect(await next[0]).toBe('200 done');
});

it('keeps the connection of a client whose body it refuses to read', async () => {
  const reads = [...times(4, 'GET', '/v1/events'), ...times(4, 'POST', '/v1/bookings')];
  await until(() => began === 8);
  const { port } = fastify.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let heard = '';
  socket.on('data', (text) => (heard += String(text)));
  const body = JSON.stringify({ padding: 'x'.repeat(200_000) });
  const head = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(`POST /v1/bookings HTTP/1.1\r\n${head}${body}`);
  await until(() => heard.includes('HTTP/1.1 503 '));
  socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
  await until(() => heard.includes('HTTP/1.1 200 '));
  socket.destroy();
  release();
  await Promise.all(reads);
});
