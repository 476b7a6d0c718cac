import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FastifyInstance, fastify as createFastify } from 'fastify';
import { parseBodies } from './body.parsers.js';
import { sendProblem } from './problem.reply.js';

let fastify: FastifyInstance;
let port: number;

beforeAll(async () => {
  fastify = createFastify({ bodyLimit: 2000 });
  parseBodies(fastify);
  fastify.setErrorHandler((error, asked, reply) => sendProblem(error, asked, reply));
  fastify.post('/orders', (asked) => ({ body: asked.body ?? 'none' }));
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = fastify.server.address() as AddressInfo);
});

afterAll(() => fastify.close());

async function* pieces(count: number) {
  for (let i = 0; i < count; i++) {
    yield Buffer.alloc(1000, 'x');
    await sleep(5);
  }
}

it.each([
  ['too large', 'application/json', '/orders'],
  ['of another type', 'text/plain', '/orders'],
  ['sent where there is nothing', 'text/plain', '/nowhere'],
])('lets a connection live on after a body %s, however large', async (_, type, path) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (body: string) =>
    new Promise<{ status: number; socket: unknown }>((resolve, reject) => {
      const options = {
        method: 'POST',
        path,
        port,
        host: '127.0.0.1',
        agent,
        headers: { 'content-type': type },
      };
      const asked = request(options, (answer) => {
        const { socket } = answer;
        answer.resume().on('end', () => resolve({ status: answer.statusCode!, socket }));
      });
      asked.on('error', reject).end(body);
    });
  const sockets = new Set<unknown>();
  for (let i = 0; i < 3; i++) {
    const { status, socket } = await ask('x'.repeat(5_000_000));
    expect([404, 413, 415]).toContain(status);
    sockets.add(socket);
  }
  expect(sockets.size).toBe(1);
  agent.destroy();
});

it('refuses a body past the limit that did not say its length', async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: ReadableStream.from(pieces(20)),
    duplex: 'half',
  });
  expect(await answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' });
});

it('cuts off a client that goes on sending a refused body', async () => {
  const sent = { bytes: 0 };
  const outcome = await new Promise<string>((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': 1e9 };
    const asked = request({ method: 'POST', path: '/orders', port, host: '127.0.0.1', headers });
    asked.on('response', (answer) => answer.resume().on('close', () => resolve('answered')));
    asked.on('error', () => resolve('cut off'));
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const push = () => {
      for (let more = true; more && !asked.destroyed; sent.bytes += chunk.length) more = asked.write(chunk);
    };
    asked.on('drain', push);
    push();
  });
  expect(['answered', 'cut off']).toContain(outcome);
  expect(sent.bytes).toBeLessThan(200e6);
});
