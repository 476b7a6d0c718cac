import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, resolveConfig } from 'prettier';
import { type TestDatabases, createDatabases } from '../../test/support/databases.js';
import type { Sale } from '../../test/support/sale.js';
import { Shards } from '#libs/sharding';
import { openLane } from '../strategies/lane.strategy.js';
import type { Strategy } from '../strategies/strategy.js';
import { type Benchmark, bar } from './benchmark.js';
import { bookOne } from './booking.load.js';
import { Ledger } from './ledger.js';
import { closedLoop } from './load.js';
import { type Result, keep, renderResult } from './report.js';
import { runBenchmark } from './run.js';
import { verifySales } from './sale.invariants.js';
import { openSales, slotsEvenly } from './sales.js';
import { compareInProcess } from './strategies.run.js';

let databases: TestDatabases;
let folder: string;

beforeAll(async () => {
  databases = await createDatabases({ postgres: 18 });
  folder = mkdtempSync(join(tmpdir(), 'evently-results-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await databases?.drop();
});

const servers = () => ({ folder, env: databases.env, config: databases.config });

it('compares the strategies in turns, checks what they left, and keeps the result', async () => {
  const tiny: Benchmark = {
    asks: 'Does it run?',
    async run(context) {
      const shape = { clients: 8, rounds: 2, secondsARun: 0.2, slots: slotsEvenly(8), poolSizes: [1, 2] };
      const found = await compareInProcess(context, shape);
      return { ...found, bars: [bar('lane to textbook', '>=', 1e9, found.ratios.laneToTextbook)] };
    },
  };
  const said: string[] = [];
  const say = (text: string) => said.push(text);
  const result = await runBenchmark(tiny, { name: 'tiny', quick: true, say, servers: servers() });

  expect(result.invariants.faults).toEqual([]);
  expect(result.invariants.checked.bookings).toBeGreaterThan(0);
  expect(result.invariants.checked.announcements).toBeGreaterThan(0);
  expect(result.rows.map((row) => row.strategy)).toEqual(['textbook', 'single-statement', 'lane']);
  for (const { strategy: _, ...figures } of result.rows) {
    expect(Object.keys(figures)).toEqual(['perSecond', 'p50Ms', 'p99Ms', 'cpuMicros', 'refused']);
    for (const [name, value] of Object.entries(figures)) {
      expect(Number.isFinite(value) && (value as number) >= (name === 'refused' ? 0 : 1e-6)).toBe(true);
    }
  }
  expect(said.filter((text) => /^\d\/2 /.test(text)).map((text) => text.split(':')[0])).toEqual([
    '1/2 textbook',
    '1/2 single-statement',
    '1/2 lane',
    '2/2 textbook',
    '2/2 single-statement',
    '2/2 lane',
  ]);
  const [, single, lane] = result.rows;
  expect(result.ratios.laneToSingleStatement).toBeCloseTo(lane!.perSecond / single!.perSecond, 1);
  expect(result.bars).toEqual([expect.objectContaining({ bar: '>= 1000000000', met: false })]);

  const path = join(folder, 'tiny.json');
  await keep(path, result);
  const text = readFileSync(path, 'utf8');
  expect(JSON.parse(text)).toEqual(result);
  expect(await check(text, { ...(await resolveConfig('package.json')), parser: 'json' })).toBe(true);
  expect(renderResult(result)).toContain('invariants hold');
  const broken: Result = { ...result, invariants: { ok: false, faults: ['oversold'], checked: {} } };
  expect(renderResult(broken)).toContain('INVARIANTS BROKEN:\n  oversold');
}, 60_000);

describe('after a run', () => {
  const CAPACITY = 20;
  let shards: Shards;
  let lane: Strategy;

  beforeAll(async () => {
    shards = new Shards(databases.config);
    await shards.onModuleInit();
    lane = await openLane(databases.config);
  });
  afterAll(async () => {
    await lane?.close();
    await shards?.onApplicationShutdown();
  });

  /** An event of which the lane has sold half. */
  async function halfSold(): Promise<{ sale: Sale; ledger: Ledger }> {
    const [sale] = await openSales(shards, [0], CAPACITY);
    const { ledger } = await closedLoop({ clients: 3, requests: CAPACITY / 2 }, bookOne(lane, [sale!]));
    return { sale: sale!, ledger };
  }

  const faultsOf = async (sale: Sale, ledger: Ledger) =>
    (await verifySales(shards, [sale], ledger, { capacity: CAPACITY, keyed: true })).faults;

  it('finds nothing wrong with what the lane did, up to the last place and beyond', async () => {
    const { sale, ledger } = await halfSold();
    expect(await faultsOf(sale, ledger)).toEqual([]);
    const rest = await closedLoop({ clients: 4, requests: CAPACITY }, bookOne(lane, [sale]));
    ledger.add(rest.ledger.facts());
    expect(ledger.places).toBe(CAPACITY);
    expect(await faultsOf(sale, ledger)).toEqual([`${CAPACITY / 2} requests were refused for sold_out`]);
    const expect_ = { capacity: CAPACITY, keyed: true, refusals: ['sold_out'] };
    expect((await verifySales(shards, [sale], ledger, expect_)).faults).toEqual([]);
  });

  const ONE = 'SELECT id FROM bookings WHERE event_id = $1 LIMIT 1';
  const LAST = `type = 'availability.changed' AND subject_version = (SELECT version FROM inventory WHERE event_id = $1)`;

  it.each([
    ['a lost booking', `DELETE FROM bookings WHERE id = (${ONE})`, 'acknowledged bookings are not there'],
    ['a lost place', `DELETE FROM bookings WHERE id = (${ONE})`, 'but the bookings have 9 places'],
    [
      'a booking that nobody asked for',
      `INSERT INTO bookings SELECT overlay(b.id::text placing '000' from 34 for 3)::uuid, b.event_id, b.user_id, b.organization_id, 'other', b.status,
         b.version, b.currency, b.total_amount, b.items, b.created_at FROM bookings AS b WHERE b.id = (${ONE})`,
      '11 bookings, but only 10 were acknowledged',
    ],
    [
      'a booking of more places',
      `UPDATE bookings SET items = jsonb_set(items, '{0,quantity}', '50') WHERE id = (${ONE})`,
      'oversold',
    ],
    [
      'counters that moved',
      `UPDATE stock SET available = available - 1, booked = booked + 1 WHERE event_id = $1`,
      'booked 11',
    ],
    [
      'another capacity',
      `UPDATE stock SET available = available + 1, capacity = capacity + 1 WHERE event_id = $1`,
      'the capacity was 20',
    ],
    [
      'a booking without news',
      `DELETE FROM outbox WHERE subject = (${ONE})`,
      'without one true booking.confirmed',
    ],
    [
      'news with another price',
      `UPDATE outbox SET payload = jsonb_set(payload::jsonb, '{total,amount}', '1') WHERE subject = (${ONE})`,
      'without one true',
    ],
    [
      'news twice',
      `INSERT INTO outbox (id, type, subject, subject_version, payload)
         SELECT gen_random_uuid(), type, subject, subject_version, payload FROM outbox WHERE subject = (${ONE})`,
      'without one true',
    ],
    [
      'news of no booking',
      `UPDATE outbox SET subject = gen_random_uuid() WHERE subject = (${ONE})`,
      'booking.confirmed without a booking',
    ],
    [
      'a lost announcement',
      `DELETE FROM outbox WHERE subject = $1 AND ${LAST}`,
      'availability.changed up to',
    ],
    [
      'a false announcement',
      `UPDATE outbox SET payload = jsonb_set(payload::jsonb, '{ticketTypes,0,available}', '3') WHERE subject = $1 AND ${LAST}`,
      'differs from the counters',
    ],
    [
      'a lost answer',
      `DELETE FROM idempotency WHERE (answer ->> 'booked')::uuid = (${ONE})`,
      '9 answers kept',
    ],
  ])('notices %s', async (_, sql, fault) => {
    const { sale, ledger } = await halfSold();
    await shards.ofId(sale.eventId).transaction((tx) => tx.query(sql, [sale.eventId]));
    expect((await faultsOf(sale, ledger)).join('\n')).toContain(fault);
  });

  it('notices what clients were told twice, and requests that nobody knows the end of', async () => {
    const { sale, ledger } = await halfSold();
    ledger.note({ booked: ledger.booked[0]!, quantity: 1 });
    ledger.note({ unknown: 'a crash' });
    expect(await faultsOf(sale, ledger)).toEqual([
      '1 bookings were acknowledged to two clients',
      '1 requests ended in a crash',
    ]);
  });
});
