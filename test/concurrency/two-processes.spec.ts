import { setTimeout as pause } from 'node:timers/promises';
import { formatId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { openHall } from '../support/hall.js';
import { compareSeats } from '../support/seats.js';
import { type Sale, countSold, openSale } from '../support/sale.js';
import { TestProcess } from '../support/stack.js';

let databases: TestDatabases;
let shards: Shards;
let apis: TestProcess[];
let tokens: string[];

beforeAll(async () => {
  databases = await createDatabases();
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  const env = { ...databases.env, THROTTLE_PROFILE: 'relaxed' };
  apis = await Promise.all([TestProcess.start('api', env), TestProcess.start('api', env)]);
  tokens = await Promise.all(Array.from({ length: 10 }, (_, number) => register(number)));
}, 240_000);
afterAll(async () => {
  await Promise.all((apis ?? []).map((api) => api.stop()));
  await shards?.onApplicationShutdown();
  await databases?.drop();
}, 120_000);

async function register(number: number): Promise<string> {
  const body = { email: `buyer${number}@example.com`, password: 'a long password', name: 'Buyer' };
  const response = await post(0, '/v1/auth/register', body, {});
  return ((await response.json()) as { accessToken: string }).accessToken;
}

function post(api: number, path: string, body: object, headers: Record<string, string>): Promise<Response> {
  return fetch(apis[api]!.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function book(
  api: number,
  buyer: number,
  sale: Sale,
  key?: string,
): Promise<{ status: number; body: any }> {
  const body = {
    eventId: formatId('event', sale.eventId),
    items: [{ ticketTypeId: formatId('ticketType', sale.typeIds[0]!), quantity: 1 }],
  };
  const response = await post(api, '/v1/bookings', body, {
    authorization: `Bearer ${tokens[buyer % tokens.length]!}`,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  });
  return { status: response.status, body: await response.json() };
}

/** Asks until there is a turn for it: a slow machine may not have one for everybody at once; then nothing was done. */
async function decided<T extends { status: number }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await pause(100);
  }
}

it('sells 50 places to 300 buyers on two processes exactly 50 times', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 50 }] });
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, number) => decided(() => book(number % 2, number, sale))),
  );
  const statuses = answers.map((answer) => answer.status);
  expect(statuses.filter((status) => status === 201).length).toBe(50);
  expect(answers.filter((answer) => answer.body.code === 'sold_out').length).toBe(250);
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 50 });
});

it('gives each of 30 seats to one of 300 buyers on two processes, whose wishes overlap', async () => {
  const hall = await openHall(shards, { sections: [{ name: 'A', rows: [10, 10, 10] }] });
  const ticketTypeId = formatId('ticketType', hall.typeIds[0]!);
  // Two seats that lie apart, so that everybody is in the way of others; every sixth has the best one chosen.
  const itemOf = (number: number) =>
    number % 6
      ? {
          ticketTypeId,
          seatIds: [number, number * 7 + 11].map((n) => formatId('seat', hall.seatIds[n % 30]!)),
        }
      : { ticketTypeId, quantity: 1, bestAvailable: true };
  const buy = async (number: number): Promise<{ status: number; body: any }> => {
    const body = { eventId: formatId('event', hall.eventId), items: [itemOf(number)] };
    const authorization = `Bearer ${tokens[number % tokens.length]!}`;
    const response = await post(number % 2, '/v1/bookings', body, { authorization });
    return { status: response.status, body: await response.json() };
  };
  const answers = await Promise.all(Array.from({ length: 300 }, (_, number) => decided(() => buy(number))));
  const booked = answers.filter((answer) => answer.status === 201);
  const seats = booked.flatMap((answer) => answer.body.items[0].seats.map((seat: { id: string }) => seat.id));
  expect(new Set(seats).size).toBe(seats.length);
  const refused = answers.filter((answer) => answer.status !== 201).map((answer) => answer.body.code);
  for (const code of refused) expect(['seat_taken', 'sold_out', 'duplicate_seat']).toContain(code);
  expect(booked.length + refused.length).toBe(300);
  // Whoever lost had seats named that others have, or nothing was left to choose from.
  expect(seats.length).toBeGreaterThanOrEqual(25);
  expect(await compareSeats(shards, hall.eventId)).toBe(seats.length);
  expect(await countSold(shards, hall.eventId)).toEqual({ [hall.typeIds[0]!]: seats.length });
});

it('books once for a key that comes 50 times at once to two processes', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 50 }] });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, number) => book(number % 2, 0, sale, 'same')),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(201));
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 1 });
});

it('finishes what it has accepted when it is told to stop', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 1000 }] });
  const asked = Array.from({ length: 200 }, (_, number) => book(1, number, sale).catch(() => null));
  await pause(20);
  expect(await apis[1]!.stop()).toBe('exit status 0');
  const answers = await Promise.all(asked);
  const booked = answers.filter((answer) => answer?.status === 201).length;
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: booked });
  await apis[1]!.restart();
});

it('sells on while a process is frozen, and sells nothing twice when it thaws', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 400 }] });
  const key = (number: number) => `frozen-${number}`;
  const slow = Array.from({ length: 300 }, (_, number) =>
    book(1, number, sale, key(number)).catch(() => null),
  );
  await pause(15);
  apis[1]!.kill('SIGSTOP');
  try {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, number) => book(0, number, sale)));
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
  } finally {
    apis[1]!.kill('SIGCONT');
  }
  const thawed = await Promise.all(slow);
  // What was answered 503 is asked for again with its key, at the other process.
  const final = await Promise.all(
    thawed.map((answer, number) =>
      answer && answer.status < 500 ? answer : book(0, number, sale, key(number)),
    ),
  );
  for (const answer of final) expect([201, 409]).toContain(answer.status);
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 400 });
  const { rows } = await shards
    .ofId(sale.eventId)
    .primary.sql.query<{ id: string }>('SELECT id FROM bookings WHERE event_id = $1', [sale.eventId]);
  const stored = new Set(rows.map((row) => formatId('booking', row.id)));
  for (const answer of final) if (answer.status === 201) expect(stored).toContain(answer.body.id);
});
