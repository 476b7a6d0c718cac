import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { HOT, OTHER, booking, reading, request, streams } from '../../../../test/support/door.requests.js';
import { PieceClient } from '../../../../test/support/piece-client.js';
import { until } from '../../../../test/support/until.js';
import { UsualTime } from '../domain/usual-time.js';
import { type House, type Shedding, guardDoor } from './door.guard.js';

const shedding = (member?: string): Shedding => ({ priority: true, member, usual: new UsualTime() });
const ROUTES = new Map([
  ['POST /v1/bookings', shedding('eventId')],
  ['GET /v1/events/:id', shedding()],
]);

/** Requests that are looked at in a turn of the event loop. */
const A_TURN = 2;

let isFlood: boolean;
/** How often it was asked whether there is room. */
let looks: number;
let onLook: () => void;
/** Requests that http has read on the guarded server. */
let read: number;
let sockets: Socket[];
let servers: Record<'guarded' | 'plain', Server>;

/** Tells what it was asked, the answers to some only later. */
const echo = () => {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const piece of request.setEncoding('latin1')) body += String(piece);
    if (request.url!.includes('slow')) await sleep(3);
    response.end(JSON.stringify([request.method, request.url, body]));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.on('connection', (socket) => sockets.push(socket));
  return server;
};

beforeEach(async () => {
  [isFlood, looks, read, sockets] = [true, 0, 0, []];
  onLook = () => undefined;
  servers = { guarded: echo(), plain: echo() };
  const house: House = {
    guarded: () => (isFlood ? ROUTES : null),
    enter: (_request, _response, _shedding, target) => target !== HOT,
    isFull: (_shedding, target) => {
      looks++;
      onLook();
      return target === HOT;
    },
  };
  guardDoor(servers.guarded, house, A_TURN);
  servers.guarded.on('request', () => read++);
  servers.guarded.on('upgrade', (_request, socket: Socket) => socket.destroy());
  for (const server of Object.values(servers)) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of Object.values(servers)) {
    server.close();
    await once(server, 'close');
  }
});

/** A connection whose client was refused. */
const takenClient = async () => {
  const client = await PieceClient.of(servers.guarded);
  for (const count of [1, 2]) {
    await client.send(booking(HOT));
    await client.hear(count);
  }
  expect(client.answers).toEqual([refused('/v1/bookings'), refused('/v1/bookings')]);
  return client;
};
const refused = (instance: string): unknown => {
  const problem = { code: 'overloaded', status: 503, instance };
  return {
    asymmetricMatch: (answer: string) =>
      answer.startsWith('503 ') &&
      expect.objectContaining(problem).asymmetricMatch(JSON.parse(answer.slice(4))),
    toString: () => `503 for ${instance}`,
  };
};

it('refuses who was refused before http has read a thing', async () => {
  const client = await takenClient();
  const before = read;
  for (let n = 3; n < 20; n += 2) {
    await client.send(booking(HOT, '?more'));
    await client.hear(n);
    await client.send(reading(HOT));
    expect((await client.hear(n + 1)).slice(n - 1)).toEqual([
      refused('/v1/bookings'),
      refused(`/v1/events/${HOT}`),
    ]);
  }
  expect(read).toBe(before);
});

it('refuses who is connected when a flood begins before http has read a thing, save for the first of all', async () => {
  isFlood = false;
  const clients: PieceClient[] = [];
  for (let n = 0; n < 5; n++) clients.push(await PieceClient.of(servers.guarded));
  const [first, fresh, ...others] = clients as [PieceClient, ...PieceClient[]];
  for (const client of others) {
    await client.send(reading(HOT));
    expect(await client.hear(1)).toEqual([expect.stringMatching(/^200 /)]);
  }
  const [inMidst] = others as [PieceClient];
  await inMidst.send(booking(OTHER).slice(0, 30));
  isFlood = true;
  await first.send(booking(HOT));
  expect(await first.hear(1)).toEqual([refused('/v1/bookings')]);
  const before = read;
  for (const client of [first, fresh!, ...others.slice(1)]) {
    const count = client.answers.length + 1;
    await client.send(booking(HOT));
    expect((await client.hear(count))[count - 1]).toEqual(refused('/v1/bookings'));
  }
  expect(read).toBe(before);
  await inMidst.send(booking(OTHER).slice(30));
  expect((await inMidst.hear(2))[1]).toMatch(/^200 /);
});

it('looks at so many in a turn of the event loop, and forgets none of those who wait for another', async () => {
  const clients: PieceClient[] = [];
  for (let n = 0; n < 12; n++) clients.push(await takenClient());
  const leaving = (n: number) => n % 3 === 0;
  let [most, over] = [0, false];
  looks = 0;
  setImmediate(function turn() {
    most = Math.max(most, looks);
    looks = 0;
    if (!over) setImmediate(turn);
  });
  // All are there at once; some have closed their side by the time that it is their turn.
  for (const [n, { socket }] of clients.entries()) {
    if (leaving(n)) socket.end(booking(HOT));
    else socket.write(booking(HOT));
  }
  for (const client of clients) expect((await client.hear(3))[2]).toEqual(refused('/v1/bookings'));
  over = true;
  // What one turn may, and what waited for it.
  expect(most).toBeLessThanOrEqual(2 * A_TURN);
  for (const client of clients.filter((_, n) => !leaving(n))) {
    await client.send(booking(OTHER));
    expect((await client.hear(4))[3]).toMatch(/^200 /);
  }
});

it('goes on with those who wait when others have left, and the flood is over', async () => {
  const clients: PieceClient[] = [];
  for (let n = 0; n < 12; n++) clients.push(await takenClient());
  // At the first look of the second turn, the others wait for later ones.
  onLook = () => {
    if (looks <= A_TURN) return;
    isFlood = false;
    for (const { there } of clients.slice(A_TURN + 1, -1)) there.destroy();
  };
  looks = 0;
  for (const { socket } of clients) socket.write(booking(HOT));
  expect((await clients.at(-1)!.hear(3))[2]).toMatch(/^200 /);
});

it('says the same either way, in the trace and under the request id of who asks', async () => {
  const client = await PieceClient.of(servers.guarded);
  let text = '';
  client.socket.on('data', (piece) => (text += String(piece)));
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const own = [`Traceparent: 00-${traceId}-00f067aa0ba902b7-01`, 'X-Request-Id:  mine '];
  const heads: string[] = [];
  for (const count of [1, 2, 3]) {
    text = '';
    await client.send(request('POST /v1/bookings', `{"eventId":"${HOT}"}`, own));
    await client.hear(count);
    heads.push(
      text
        .replace(/-[0-9a-f]{16}-/, '-span-')
        .replace(/dur=[\d.]+/, 'dur=')
        .replace(/^Date: .*GMT/m, 'Date:'),
    );
  }
  expect(read).toBe(1);
  expect(heads[0]).toContain(`traceparent: 00-${traceId}-span-01\r\n`);
  expect(heads[0]).toContain('x-request-id: mine\r\n');
  expect(heads[0]).toContain('retry-after: 1\r\n');
  expect(heads[2]).toBe(heads[0]);
});

it('lets in what there is room for, on the same connection', async () => {
  const client = await takenClient();
  for (let n = 3; n < 11; n += 2) {
    await client.send(booking(OTHER));
    expect((await client.hear(n))[n - 1]).toBe(
      `200 ${JSON.stringify(['POST', '/v1/bookings', `{"eventId":"${OTHER}"}`])}`,
    );
    await client.send(booking(HOT));
    expect((await client.hear(n + 1))[n]).toEqual(refused('/v1/bookings'));
  }
});

it('gives the connection back when the flood is over', async () => {
  const client = await PieceClient.of(servers.guarded);
  const own = client.there.listeners('data');
  for (const count of [1, 2]) {
    await client.send(booking(HOT));
    await client.hear(count);
  }
  expect(client.there.listeners('data')).not.toEqual(own);
  isFlood = false;
  await client.send(booking(HOT));
  expect((await client.hear(3))[2]).toMatch(/^200 /);
  expect(client.there.listeners('data')).toEqual(own);
  isFlood = true;
  for (const count of [4, 5]) {
    await client.send(booking(HOT));
    await client.hear(count);
  }
  const before = read;
  await client.send(booking(HOT));
  expect((await client.hear(6)).slice(3)).toEqual(Array(3).fill(refused('/v1/bookings')));
  expect(read).toBe(before);
});

it.each([0, 1])('refuses a request that comes in two pieces, wherever it is cut (%i)', async (which) => {
  const client = await takenClient();
  const [bytes, instance] = [
    [booking(HOT), '/v1/bookings'],
    [reading(HOT), `/v1/events/${HOT}`],
  ][which] as [string, string];
  let count = 2;
  for (let at = 1; at < bytes.length; at++) {
    await client.send(bytes.slice(0, at));
    await client.send(bytes.slice(at));
    await client.hear(++count);
    await client.send(bytes);
    expect((await client.hear(++count)).slice(-2)).toEqual([refused(instance), refused(instance)]);
  }
  expect(client.answers).toHaveLength(count);
});

it('takes nothing for a request that stands in another', async () => {
  const client = await takenClient();
  const inner = booking(HOT);
  const outer = (more: string) => `POST /other HTTP/1.1\r\nHost: x\r\n${more}`;
  await client.send(outer(`Content-Length: ${inner.length}\r\n\r\n`));
  await client.send(inner);
  expect((await client.hear(3))[2]).toBe(`200 ${JSON.stringify(['POST', '/other', inner])}`);
  // As the value of a header, and what follows as the rest of it.
  await client.send(outer('X-Note: '));
  await client.send(inner);
  expect((await client.hear(4))[3]).toBe(`200 ${JSON.stringify(['POST', '/other', `{"eventId":"${HOT}"}`])}`);
  await client.send(`POST /v1/bookings HTTP/1.1\r\nX-Note: `);
  await client.send(inner);
  expect((await client.hear(5))[4]).toEqual(refused('/v1/bookings'));
  await client.send(`POST /v1/bookings HTTP/1.1\r\nX-Note: `);
  await client.send(booking(OTHER));
  expect((await client.hear(6))[5]).toMatch(/^200 /);
  await client.send(outer('Transfer-Encoding: chunked\r\n\r\n'));
  await client.send(`${inner.length.toString(16)}\r\n`);
  await client.send(inner);
  await client.send('\r\n0\r\n\r\n');
  expect((await client.hear(7))[6]).toBe(`200 ${JSON.stringify(['POST', '/other', inner])}`);
  expect(client.answers).toHaveLength(7);
});

it('takes nothing where upgrades are ignored, for nobody knows what begins after one', async () => {
  servers.guarded.removeAllListeners('upgrade');
  const client = await takenClient();
  await client.send('GET /live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: it\r\n\r\n');
  expect((await client.hear(3))[2]).toMatch(/^200 /);
  await client.send('POST /other HTTP/1.1\r\nX-Note: ');
  await client.send(booking(HOT));
  expect((await client.hear(4))[3]).toBe(`200 ${JSON.stringify(['POST', '/other', `{"eventId":"${HOT}"}`])}`);
});

it('leaves an upgraded connection to whom it was given', async () => {
  let got = '';
  servers.guarded.removeAllListeners('upgrade').on('upgrade', (_request, socket: Socket) => {
    socket.on('data', (piece) => (got += String(piece)));
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: it\r\nContent-Length: 0\r\n\r\n',
    );
  });
  const client = await takenClient();
  await client.send('GET /live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: it\r\n\r\n');
  await client.hear(3);
  await client.send(booking(HOT));
  await until(() => got.length > 0);
  expect(got).toBe(booking(HOT));
  expect(client.answers).toHaveLength(3);
});

it('closes with the server when nothing is asked', async () => {
  const client = await takenClient();
  await client.send(booking(HOT));
  await client.hear(3);
  servers.guarded.close();
  servers.guarded.closeIdleConnections();
  await until(() => client.isClosed);
});

it('closes what nobody uses', async () => {
  Object.assign(servers.guarded, { keepAliveTimeout: 100, keepAliveTimeoutBuffer: 100 });
  const client = await takenClient();
  await client.send(booking(HOT));
  await client.hear(3);
  await until(() => client.isClosed);
});

it('holds answers back from a client that does not listen', async () => {
  const client = await takenClient();
  const there = client.there;
  client.socket.pause();
  for (let n = 0; n < 40; n++) {
    client.socket.write(booking(HOT).repeat(500), 'latin1');
    await sleep(5);
  }
  expect(there.writableLength).toBeLessThan(2 ** 20);
  client.socket.resume();
  expect((await client.hear(20_002)).length).toBe(20_002);
});

it('answers whatever comes in whatever pieces as http alone does, save for refusals', async () => {
  let spared = 0;
  const trial = async ({
    parts,
    end,
    cuts,
    floods,
    waits,
  }: typeof streams extends fc.Arbitrary<infer T> ? T : never) => {
    const bytes = parts.join('');
    const bounds = parts.map((_, n) => parts.slice(0, n + 1).join('').length);
    const own = cuts.map(([anywhere, at]) => (anywhere ? at % bytes.length : bounds[at % bounds.length]!));
    const places = [...new Set([0, ...bounds, ...own])].sort((a, b) => a - b);
    const pieces = places.slice(1).map((place, n) => bytes.slice(places[n], place));

    const plain = await PieceClient.of(servers.plain);
    await plain.send(bytes);
    isFlood = true;
    const guarded = await takenClient();
    const before = read;
    for (const [n, piece] of pieces.entries()) {
      isFlood = floods[n % floods.length]!;
      const known = guarded.answers.length;
      await guarded.send(piece);
      if (waits[n % waits.length]) await Promise.race([guarded.hear(known + 1), sleep(10)]);
    }
    await plain.hear(parts.length);
    await guarded.hear(parts.length + 2);
    spared += parts.length - (read - before);
    const [expected, answers] = (await Promise.all(
      [plain, guarded].map(async (client) => {
        // What http cannot read it answers at once, whatever is still being answered.
        await client.send(end);
        await sleep(10);
        return client.answers;
      }),
    )) as [string[], string[]];
    answers.splice(0, 2);
    expect(answers).toEqual(
      expected.map((answer, n) => (answers[n]?.startsWith('503 ') && isHot(answer) ? answers[n] : answer)),
    );
    for (const { socket } of [plain, guarded]) socket.destroy();
  };
  await fc.assert(fc.asyncProperty(streams, trial), { numRuns: 150 });
  expect(spared).toBeGreaterThan(100);
});

/** Whether an answer of `echo` is about what all want. */
function isHot(answer: string): boolean {
  if (!answer.startsWith('200 ')) return false;
  const [, url, body] = JSON.parse(answer.slice(4)) as [string, string, string];
  return (
    url.startsWith(`/v1/events/${HOT}`) || (url.startsWith('/v1/bookings') && body === `{"eventId":"${HOT}"}`)
  );
}
