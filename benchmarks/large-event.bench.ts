import type { DomainEvent } from '#libs/contracts';
import { cancelBookings } from '#libs/catalog';
import { InventoryService, Lanes } from '#libs/inventory';
import { formatId, newId, newMasterId } from '#libs/kernel';
import type { Delivery } from '#libs/outbox';
import type { Shards } from '#libs/sharding';
import { type BenchApi, signOrganizer, startApi } from './harness/api.js';
import type { Benchmark, Context, Findings, Row } from './harness/benchmark.js';
import { bookOne, bookSeats } from './harness/booking.load.js';
import { type Hall, openHall } from './harness/halls.js';
import { closedLoop } from './harness/load.js';
import { openSales } from './harness/sales.js';
import type { Servers } from './harness/servers.js';
import { median, percentile } from './harness/statistics.js';
import { ENOUGH, openShards } from './harness/strategies.run.js';

const SEATS_A_SECTION = 2000;
const READS = 10;
/** The job dies after so many steps, and another takes over. */
const STEPS_UNTIL_DEATH = 50;
/** Buyers of another event of the shard, meanwhile. */
const BYSTANDERS = 8;

export default {
  asks: 'How long do drawing, reading and canceling an event of 100,000 seats take?',
  run,
} satisfies Benchmark;

async function run(context: Context): Promise<Findings> {
  const { quick, say, defer } = context;
  const { sections, rounds } = quick ? { sections: 10, rounds: 1 } : { sections: 50, rounds: 3 };
  const seats = sections * SEATS_A_SECTION;
  const servers = await context.servers();
  const shards = await openShards(servers.config, defer);
  const api = await startApi(servers, 'lane', { poolSize: 1, connections: 1 }, defer);
  const lanes = new Lanes(shards, servers.config);
  defer(() => lanes.onApplicationShutdown());
  const inventory = new InventoryService(shards, lanes);
  const trial: Trial = { servers, shards, api, inventory, sections, seats };
  const took = new Took();
  const faults: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    faults.push(...(await drawAndRead(trial, took)), ...(await sellAndCancel(trial, took)));
    const [drawn, canceled] = [took.draw.at(-1)!, took.cancel.at(-1)!];
    say(`${round}/${rounds} drawn in ${drawn.toFixed(0)} ms, canceled in ${canceled.toFixed(0)} ms`);
  }
  const seconds = { drawing: median(took.draw) / 1000, canceling: median(took.cancel) / 1000 };
  const { cpu } = took;
  return {
    rows: [
      rowOf('draw', seats / seconds.drawing, took.draw, cpu.draw / (rounds * seats)),
      rowOf('read', 1000 / median(took.read), took.read, cpu.read / took.read.length),
      rowOf('cancel', seats / seconds.canceling, took.steps, cpu.cancel / (rounds * seats)),
      rowOf(
        'others',
        took.others.length / (sum(took.cancel) / 1000),
        took.others,
        cpu.cancel / took.others.length,
      ),
    ],
    ratios: seconds,
    bars: [],
    faults,
    checked: { seats: seats * rounds, canceledBookings: seats * rounds },
    setting: {
      seats,
      rounds,
      draw: 'POST /v1/events: seats a second, ms a request',
      read: 'GET /v1/events/:id/seats over HTTP, by its organizer: lists a second, ms a list',
      cancel: `the job, which dies after ${STEPS_UNTIL_DEATH} steps and is run again: bookings a second, ms a step`,
      others: `${BYSTANDERS} buyers of another event of the shard while the job runs`,
      cpu: 'draw: the API process, a seat; read: the API process, a list; cancel and others: this process, with both',
    },
  };
}

interface Trial {
  servers: Servers;
  shards: Shards;
  api: BenchApi;
  inventory: InventoryService;
  sections: number;
  seats: number;
}

/** Milliseconds of everything, over all rounds; CPU in microseconds. */
class Took {
  readonly draw: number[] = [];
  readonly read: number[] = [];
  readonly cancel: number[] = [];
  readonly steps: number[] = [];
  readonly others: number[] = [];
  readonly cpu = { draw: 0, read: 0, cancel: 0 };
}

/** An organizer draws the hall, and reads its seats again and again. Returns what is wrong. */
async function drawAndRead({ servers, api, sections, seats }: Trial, took: Took): Promise<string[]> {
  const token = await signOrganizer(servers, newMasterId());
  const before = await api.process.cpuMicros();
  const [made, drawMs] = await timed(() => call(api, 'POST', '/v1/events', token, hallOf(sections)));
  took.draw.push(drawMs);
  const between = await api.process.cpuMicros();
  const { id } = JSON.parse(made) as { id: string };
  let list = '';
  for (let n = 0; n < READS; n++) {
    const [text, ms] = await timed(() => call(api, 'GET', `/v1/events/${id}/seats`, token));
    list = text;
    took.read.push(ms);
  }
  took.cpu.draw += between - before;
  took.cpu.read += (await api.process.cpuMicros()) - between;
  const { data } = JSON.parse(list) as { data: { id: string; status: string }[] };
  const free = new Set(data.filter(({ status }) => status === 'free').map((seat) => seat.id)).size;
  return free === seats && data.length === seats ? [] : [`${data.length} seats are listed, ${free} are free`];
}

/** A hall is sold out seat by seat, and its event canceled, while others buy of another event. Returns what is wrong. */
async function sellAndCancel(trial: Trial, took: Took): Promise<string[]> {
  const { servers, shards, api, inventory, sections, seats } = trial;
  const hall = await openHall(shards, 0, sections);
  const sold = await closedLoop({ clients: 128, requests: seats }, bookSeats(inventory, hall));
  if (sold.successes !== seats) return [`${sold.successes} of ${seats} seats were sold`];
  const token = await signOrganizer(servers, hall.organizationId);
  await call(api, 'POST', `/v1/events/${formatId('event', hall.eventId)}/cancel`, token);
  const send = bookOne(inventory, await openSales(shards, [0], ENOUGH));
  const cpu = process.cpuUsage();
  let over = false;
  const bystanders = Promise.all(
    Array.from({ length: BYSTANDERS }, async (_, client) => {
      while (!over) took.others.push((await timed(() => send(client, took.others.length)))[1]);
    }),
  );
  const [, ms] = await timed(() => cancelAll(trial, hall, took.steps));
  over = true;
  await bystanders;
  const { user, system } = process.cpuUsage(cpu);
  took.cpu.cancel += user + system;
  took.cancel.push(ms);
  return faultsOfCancellation(shards, hall, seats);
}

async function call(
  { url }: BenchApi,
  method: string,
  path: string,
  token: string,
  body?: unknown,
): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url + path, { method, headers, ...sent });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
  return text;
}

async function timed<T>(work: () => Promise<T>): Promise<[result: T, ms: number]> {
  const begun = performance.now();
  const result = await work();
  return [result, performance.now() - begun];
}

function rowOf(strategy: string, perSecond: number, ms: readonly number[], cpuMicros: number): Row {
  const sorted = Float64Array.from(ms).sort();
  return { strategy, perSecond, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), cpuMicros };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function hallOf(sections: number) {
  const rows = Array.from({ length: 20 }, (_, i) => ({ name: `${i + 1}`, seats: SEATS_A_SECTION / 20 }));
  const price = { amount: 4500, currency: 'EUR' };
  const venue = { name: 'Hall', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' };
  const [startsAt, endsAt] = [30, 31].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
  return {
    ...{ title: 'A large hall', description: '', category: 'concert', venue, startsAt, endsAt },
    ticketTypes: [{ name: 'Stalls', kind: 'seated', price }],
    seatMap: {
      sections: Array.from({ length: sections }, (_, i) => ({
        name: `${i + 1}`,
        ticketType: 'Stalls',
        rows,
      })),
    },
  };
}

/** The job that follows a cancellation, whose process dies on the way. */
async function cancelAll({ inventory, shards }: Trial, { eventId }: Hall, took: number[]): Promise<void> {
  const dying = { steps: 0 };
  const stepping = (mortal: boolean) => ({
    async cancelSome(id: string, limit: number) {
      if (mortal && dying.steps++ === STEPS_UNTIL_DEATH) throw new Error('died');
      const [done, ms] = await timed(() => inventory.cancelSome(id, limit));
      took.push(ms);
      return done;
    },
  });
  const news = { id: newId(0), type: 'event.canceled', payload: { eventId } };
  for (const mortal of [true, false]) {
    const delivery = { database: 'shard-1', attempt: mortal ? 1 : 2 } as Delivery;
    const job = new cancelBookings.use(stepping(mortal), shards);
    await job.run(news as DomainEvent<'event.canceled'>, delivery).catch((error: Error) => {
      if (error.message !== 'died') throw error;
    });
  }
}

// In: an event. Out: bookings by state, the counters, claims, bits that are set, and news of cancellations.
const AFTERWARDS = `
  SELECT count(*) FILTER (WHERE b.status = 'canceled')::integer AS canceled,
    count(*) FILTER (WHERE b.status <> 'canceled')::integer AS others,
    (SELECT available FROM stock WHERE event_id = $1) AS available,
    (SELECT count(*) FROM seat_claims WHERE event_id = $1)::integer AS claims,
    (SELECT sum(bit_count(booked) + bit_count(held)) FROM section_seats WHERE event_id = $1)::integer AS bits,
    (SELECT count(DISTINCT subject) FROM outbox WHERE type = 'booking.canceled'
      AND payload ->> 'eventId' = $1::uuid::text)::integer AS told,
    (SELECT count(*) FROM outbox WHERE type = 'booking.canceled'
      AND payload ->> 'eventId' = $1::uuid::text)::integer AS tellings
  FROM bookings AS b WHERE b.event_id = $1`;

async function faultsOfCancellation(shards: Shards, { eventId }: Hall, seats: number): Promise<string[]> {
  const { rows } = await shards
    .ofId(eventId)
    .primary.sql.query<Record<string, number>>(AFTERWARDS, [eventId]);
  const expected = {
    canceled: seats,
    others: 0,
    available: seats,
    claims: 0,
    bits: 0,
    told: seats,
    tellings: seats,
  };
  const found = JSON.stringify(rows[0]);
  return found === JSON.stringify(expected) ? [] : [`after canceling: ${found}`];
}
