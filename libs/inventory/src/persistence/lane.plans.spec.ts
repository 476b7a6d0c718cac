import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { newMasterId } from '#libs/kernel';
import { type Hall, openHall } from '../../../../test/support/hall.js';
import { type OpenLanes, openLanes } from '../../../../test/support/lanes.js';
import { type RequestKey } from '../index.js';
import { LaneConnection, type Statement } from './lane.connection.js';
import { wasCommitted } from './batch.transaction.js';

/** How the names of tables, and of their indexes, begin that have a row for each booking, hold, entry, seat or request. */
const GROWING = ['bookings', 'holds', 'waitlist', 'seat', 'check_ins', 'idempotency'];

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: PlanNode[];
}

// Slot 0 is on PostgreSQL 18, slot 360 (shard 3) on 15.
describe.each([
  [18, 0],
  [15, 360],
])('the plans of a lane that began with empty tables, on PostgreSQL %i', (_, slot) => {
  let opened: OpenLanes;
  let lane: LaneConnection;
  const used = new Map<string, Statement>();

  beforeAll(async () => {
    opened = await openLanes();
    lane = await openSession();
    await noting(doEverything);
  });
  afterAll(async () => {
    await lane?.close();
    await opened?.close();
  });

  const openSession = () => LaneConnection.open(opened.shards.ofSlot(slot).url, 'lane-plans', 20_000);

  it('are those of every statement that a lane has', () => {
    const sources = readdirSync(import.meta.dirname).filter((file) => !file.includes('.spec.'));
    const names = sources.flatMap((file) =>
      [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/name: '(lane_\w+)'/g)].map(
        ([, name]) => name!,
      ),
    );
    expect([...used.keys()].sort()).toEqual([...names, 'outbox_append'].sort());
  });

  it('find each row of a table that grows by an index, whatever else is in it', async () => {
    expect(await faultsOfAll()).toEqual([]);
  });

  it('still do with the first statistics, which PostgreSQL makes after some 50 rows', async () => {
    await fillTables();
    await lane.query('DEALLOCATE ALL');
    await lane.query('ANALYZE');
    expect(await faultsOfAll()).toEqual([]);
  });

  /** Some 60 rows in every table. */
  async function fillTables(): Promise<void> {
    const { inventory, shards } = opened;
    const sections = [{ name: 'A', rows: Array.from({ length: 6 }, () => 20), type: 1 }];
    const hall = await openHall(shards, { slot, types: [{ capacity: 60 }, { capacity: 0 }], sections });
    const [place] = asksOf(hall);
    const sixty = Array.from({ length: 60 }, (_, i) => i);
    const seatsOf = (i: number) => [{ ticketTypeId: hall.typeIds[1]!, seatIds: [hall.seatIds[i]!] }];
    await Promise.all(
      sixty.map((i) => inventory.hold(hall.eventId, newMasterId(), seatsOf(i), 60_000, null)),
    );
    const bookings = await Promise.all(
      sixty.map(() => inventory.book(hall.eventId, newMasterId(), [place], keyOf('book'))),
    );
    await Promise.all(
      bookings.map(({ booking: { id, eventId } }) =>
        inventory.checkIn({ bookingId: id, eventId, number: 1, by: newMasterId() }, null),
      ),
    );
    await Promise.all(sixty.map(() => inventory.join(hall.eventId, newMasterId(), place, null)));
  }

  async function faultsOfAll(): Promise<string[]> {
    const columns = await firstColumns();
    const faults: string[] = [];
    for (const { name, text } of used.values()) {
      const read = nodesOf(await planOf(name, text)).flatMap((node) => readWhole(node, columns));
      faults.push(...read.map((what) => `${name} reads all of ${what}`));
    }
    return faults;
  }

  /** The first column of each index. */
  async function firstColumns(): Promise<Map<string, string>> {
    const { rows } = await lane.query<{ index: string; first: string }>(
      `SELECT indexrelid::regclass::text AS index, pg_get_indexdef(indexrelid, 1, true) AS first FROM pg_index`,
    );
    return new Map(rows.map(({ index, first }) => [index, first]));
  }

  async function planOf(name: string, text: string): Promise<PlanNode> {
    const parameters = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
    await lane.query(`PREPARE plan_of_${name} AS ${text}`);
    const nulls = parameters ? `(${Array.from({ length: parameters }, () => 'NULL').join()})` : '';
    const { rows } = await lane.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (FORMAT JSON) EXECUTE plan_of_${name}${nulls}`,
    );
    return rows[0]!['QUERY PLAN'][0]!.Plan;
  }

  /** Notes the statements that lanes are given meanwhile. */
  async function noting(work: () => Promise<void>): Promise<void> {
    const lanes = LaneConnection.prototype;
    const own = Object.getOwnPropertyDescriptor(lanes, 'query')!;
    const query = own.value as (
      this: LaneConnection,
      statement: Statement | string,
      values?: unknown[],
    ) => unknown;
    const noted: typeof query = function (statement, values) {
      if (typeof statement !== 'string') used.set(statement.name, statement);
      return query.call(this, statement, values);
    };
    Object.defineProperty(lanes, 'query', { ...own, value: noted });
    await work().finally(() => Object.defineProperty(lanes, 'query', own));
  }

  /** Every kind of command, so that every statement is used. */
  async function doEverything(): Promise<void> {
    const { inventory, shards } = opened;
    const hall = await openHall(shards, {
      slot,
      types: [{ capacity: 2, maxPerPerson: 2 }, { capacity: 0 }],
      sections: [{ name: 'A', rows: [4], type: 1 }],
    });
    const { eventId } = hall;
    const [place] = asksOf(hall);
    const booked = await inventory.book(eventId, newMasterId(), [place], keyOf('book'));
    await inventory.checkIn(
      { bookingId: booked.booking.id, eventId, number: 1, by: newMasterId() },
      keyOf('door'),
    );
    const held = await inventory.hold(eventId, newMasterId(), [place], 60_000, null);
    const entry = (await inventory.join(eventId, newMasterId(), place, null)).entry;
    await inventory.prioritize(entry, 5);
    await inventory.release(held.hold);
    await inventory.accept(entry, null);
    await bookSeats(hall);
    await inventory.join(eventId, newMasterId(), place, null);
    await inventory.expire(eventId);
    await cancelAll(eventId);
    const session = await openSession();
    await wasCommitted(session, 'nobody', 1);
    await session.close();
  }

  async function bookSeats(hall: Hall): Promise<void> {
    const { inventory } = opened;
    const seats = { ticketTypeId: hall.typeIds[1]!, seatIds: [hall.seat('A1-1')] };
    const user = newMasterId();
    const { hold } = await inventory.hold(hall.eventId, user, [seats], 60_000, null);
    const { booking } = await inventory.consume(hold, null);
    await inventory.cancel(booking, { late: false, reason: null }, null);
  }

  async function cancelAll(eventId: string): Promise<void> {
    await opened.shards
      .ofSlot(slot)
      .primary.sql.query(`UPDATE events SET status = 'canceled' WHERE id = $1`, [eventId]);
    await opened.inventory.cancelSome(eventId, 10);
  }

  const asksOf = (hall: Hall) => [{ ticketTypeId: hall.typeIds[0]!, quantity: 1 }] as const;
  const keyOf = (key: string): RequestKey => ({ caller: newMasterId(), key, fingerprint: Buffer.alloc(32) });
});

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** What of a growing table a step of a plan reads from end to end, or keeps at hand; at most one thing. */
function readWhole(node: PlanNode, firstColumns: ReadonlyMap<string, string>): string[] {
  const {
    'Node Type': type,
    'Relation Name': table = '',
    'Index Name': index,
    'Index Cond': condition = '',
  } = node;
  if (type === 'Materialize') return ['what it kept at hand'];
  if (type === 'Seq Scan') return GROWING.some((name) => table.startsWith(name)) ? [table] : [];
  if (!index || !GROWING.some((name) => index.startsWith(name))) return [];
  return condition.includes(firstColumns.get(index)!) ? [] : [index];
}
