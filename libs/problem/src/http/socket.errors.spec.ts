import { type AddressInfo, connect } from 'node:net';
import { type FastifyInstance, fastify as createFastify } from 'fastify';
import { answerSocketError } from './socket.errors.js';

let fastify: FastifyInstance;

beforeAll(async () => {
  fastify = createFastify({ clientErrorHandler: answerSocketError });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(() => fastify.close());

/** Sends bytes and gives all that comes back until the connection is closed. */
function send(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = fastify.server.address() as AddressInfo;
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

it.each([
  ['bytes that are no HTTP', 'nonsense\r\n\r\n', 400, 'malformed_request'],
  [
    'headers past the limit',
    `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  [
    'two lengths of one body',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
    400,
    'malformed_request',
  ],
  [
    'a length and chunks at once',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'malformed_request',
  ],
])('answers %s with a problem and ends the connection', async (_, bytes, status, code) => {
  const answer = await send(bytes);
  const [head, body] = answer.split('\r\n\r\n') as [string, string];
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head).toMatch(/content-type: application\/problem\+json/);
  const traceId = /traceparent: 00-([0-9a-f]{32})/.exec(head)?.[1];
  expect(JSON.parse(body)).toMatchObject({ status, code, traceId });
});

it('ends the connection of a client who goes on sending headers past their time', async () => {
  const hurried = createFastify({
    clientErrorHandler: answerSocketError,
    http: { headersTimeout: 300, connectionsCheckingInterval: 100 },
  });
  await hurried.listen({ port: 0, host: '127.0.0.1' });
  const { port } = hurried.server.address() as AddressInfo;
  // One who neither reads the answer nor hears that the other half has ended.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n');
  const sending = setInterval(() => socket.write('x'), 50);
  const ended = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  await ended;
  clearInterval(sending);
  await hurried.close();
});
