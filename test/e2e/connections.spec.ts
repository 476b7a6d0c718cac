import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { type TestDatabases, createDatabases } from '../support/databases.js';

const MOST = 3;

let databases: TestDatabases;
let app: NestFastifyApplication;
let port: number;
beforeAll(async () => {
  databases = await createDatabases();
  const env = { ...databases.env, HTTP_CONNECTIONS: String(MOST), LOG_LEVEL: 'silent' };
  app = await createApi(readConfig('api', env));
  await app.listen(0, '127.0.0.1');
  ({ port } = app.getHttpServer().address() as { port: number });
});
afterAll(async () => {
  await app?.close();
  await databases?.drop();
});

/** What comes of a request on a connection: a status, or that it was closed without a word. */
function ask(socket: Socket): Promise<string> {
  socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
  return new Promise((resolve) => {
    socket.once('data', (data) => resolve(/^HTTP\/1.1 (\d+)/.exec(String(data))![1]!));
    socket.once('close', () => resolve('closed'));
  });
}

const open = async () => {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

it('closes connections beyond its bound, and goes on serving the others', async () => {
  const sockets: Socket[] = [];
  for (let i = 0; i < MOST; i++) sockets.push(await open());
  expect(await Promise.all(sockets.map(ask))).toEqual(Array<string>(MOST).fill('200'));
  for (let i = 0; i < 2; i++) expect(await ask(await open())).toBe('closed');
  expect(await Promise.all(sockets.map(ask))).toEqual(Array<string>(MOST).fill('200'));
  const { body } = await app.inject('/metrics');
  expect(body).toMatch(/^connections_dropped_total 2$/m);

  sockets[0]!.destroy();
  // The server hears of it a moment later.
  let [next, outcome] = [await open(), ''];
  while ((outcome = await ask(next)) === 'closed') next = await open();
  expect(outcome).toBe('200');
  for (const socket of [next, ...sockets]) socket.destroy();
});
