import { createHash } from 'node:crypto';
import { readConfig } from '#libs/config';
import { InventoryService, Lanes } from '#libs/inventory';
import { newId, newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { renderMetrics } from '#libs/tracing';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { LaneProcess } from '../support/lane.process.js';
import { eventually } from '../support/relay.js';
import { type Sale, countSold, openSale } from '../support/sale.js';
import { type Fate, type WireMessage, WireProxy, statementOf } from '../support/wire.proxy.js';

let databases: TestDatabases;
let shards: Shards;
let lanes: Lanes;
let others: InventoryService;
let proxy: WireProxy;
let victim: LaneProcess;

beforeAll(async () => {
  databases = await createDatabases();
  // As in production: a process that was frozen for longer refuses.
  const env = { ...databases.env, LANE_PATIENCE_MS: '2000' };
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  lanes = new Lanes(shards, readConfig('cli', env));
  others = new InventoryService(shards, lanes);
  proxy = await WireProxy.before(databases.config.databases.shards[1].primary);
  victim = await LaneProcess.start({ ...env, SHARD_1_URL: proxy.url });
}, 120_000);
afterAll(async () => {
  await victim?.stop();
  await lanes?.onApplicationShutdown();
  await shards?.onApplicationShutdown();
  await proxy?.close();
  await databases?.drop();
});

/** Freezes the process with its next batch under way: at the message for which `at` is true, which goes on. */
function freezeAt(at: (message: WireMessage) => boolean): Promise<void> {
  return new Promise((resolve) => {
    proxy.fateOf = (message) => {
      if (!at(message)) return 'pass';
      victim.kill('SIGSTOP');
      proxy.fateOf = () => 'pass';
      resolve();
      return 'pass';
    };
  });
}

const asksOf = (sale: Sale) => [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }];
const keyOf = (caller: string) => ({ caller, key: 'k', fingerprint: createHash('sha256').digest() });
const isBind = (message: WireMessage, statement: string) =>
  message.type === 'B' && statementOf(message) === statement;

/** Until somebody else sells a ticket: while the process is frozen, and by no means because it thawed. */
async function sellMeanwhile(sale: Sale): Promise<number> {
  const since = performance.now();
  for (;;) {
    const sold = await others.book(sale.eventId, newMasterId(), asksOf(sale), null).then(
      () => true,
      (error: { code?: string }) => {
        if (error.code !== 'overloaded') throw error;
        return false;
      },
    );
    if (sold) return (performance.now() - since) / 1000;
  }
}

/** A canceled event with bookings whose records are long: more than all the buffers between a server and a client hold. */
async function longResult(): Promise<Sale> {
  const sale = await openSale(shards, { types: [{ capacity: 1000 }], status: 'canceled' });
  const items = JSON.stringify([
    { ticketTypeId: sale.typeIds[0], quantity: 1, unitAmount: 1, priceVersion: 1, note: 'x'.repeat(40_000) },
  ]);
  await shards.get(1).transaction(async (tx) => {
    await tx.query(
      `INSERT INTO bookings (id, event_id, user_id, organization_id, reference, currency, total_amount, items, created_at)
       SELECT id, $2, id, id, id, 'EUR', 1, $3, now() FROM unnest($1::uuid[]) AS id`,
      [Array.from({ length: 1000 }, () => newId(0)), sale.eventId, items],
    );
    await tx.query(`UPDATE stock SET available = 0, booked = 1000 WHERE event_id = $1`, [sale.eventId]);
  });
  return sale;
}

async function unblocked(): Promise<number> {
  const { text } = await renderMetrics();
  return Number(/^lane_unblocked_total\{shard="shard-1"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

const report = (what: string, seconds: number) =>
  process.stderr.write(`test/chaos/lane-frozen: ${what}: the others went on after ${seconds.toFixed(2)} s\n`);

it('a process frozen between its locks and its writes loses them, and does its batch again when it thaws', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 1000 }] });
  const userId = newMasterId();
  const frozen = freezeAt((message) => isBind(message, 'lane_lock'));
  const mine = victim.book(sale.eventId, userId, asksOf(sale), keyOf(userId));
  await frozen;
  report('idle in its transaction', await sellMeanwhile(sale));
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 1 });
  victim.kill('SIGCONT');
  await expectTruth(sale, userId, mine);
});

it('a process frozen with a result under way that it does not read loses its locks too', async () => {
  const [sale, long] = [await openSale(shards, { types: [{ capacity: 1000 }] }), await longResult()];
  const userId = newMasterId();
  const before = await unblocked();
  const frozen = freezeAt((message) => isBind(message, 'lane_some_bookings'));
  const mine = victim.book(sale.eventId, userId, asksOf(sale), keyOf(userId));
  const canceling = victim.cancelSome(long.eventId, 1000).catch((error: { code?: string }) => error.code);
  await frozen;
  report('with an unread result', await sellMeanwhile(sale));
  await eventually(unblocked, (ended) => ended > before);
  expect(await countSold(shards, long.eventId)).toEqual({ [long.typeIds[0]!]: 1000 });
  victim.kill('SIGCONT');
  await expectTruth(sale, userId, mine);
  const canceled = await canceling;
  const left = canceled === 'overloaded' ? 1000 : 0;
  if (!left) expect(canceled).toEqual({ canceled: 1000, released: 0, left: 0 });
  expect(await countSold(shards, long.eventId)).toEqual({ [long.typeIds[0]!]: left });
});

it('a process frozen with a request half written loses its locks too', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 1000 }] });
  const userId = newMasterId();
  const before = await unblocked();
  let thaw: () => void;
  const thawed = new Promise<void>((resolve) => (thaw = resolve));
  const frozen = new Promise<void>((resolve) => {
    proxy.fateOf = async (message): Promise<Fate> => {
      // The server has the statement that locks the events, and not the end of the request to run it.
      if (message.type !== 'E' || !locking) {
        locking ||= isBind(message, 'lane_events');
        return 'pass';
      }
      proxy.fateOf = () => 'pass';
      victim.kill('SIGSTOP');
      resolve();
      await thawed;
      return 'pass';
    };
  });
  let locking = false;
  const mine = victim.book(sale.eventId, userId, asksOf(sale), keyOf(userId));
  await frozen;
  report('with a half-written request', await sellMeanwhile(sale));
  await eventually(unblocked, (ended) => ended > before);
  victim.kill('SIGCONT');
  thaw!();
  await expectTruth(sale, userId, mine);
});

it('an edit of an event that stops in the middle loses the lane too', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 1000 }] });
  const organizers = new Lanes(shards, databases.config);
  const begun = Promise.withResolvers<void>();
  const thawed = Promise.withResolvers<void>();
  const editing = new InventoryService(shards, organizers).step(sale.eventId, async (tx) => {
    await tx.query(`UPDATE events SET title = 'half edited' WHERE id = $1`, [sale.eventId]);
    begun.resolve();
    await thawed.promise;
  });
  // Its next statement finds the session gone: certainly not done.
  const ending = expect(editing).rejects.toMatchObject({ code: 'shard_unavailable' });
  await begun.promise;
  await sellMeanwhile(sale)
    .then((seconds) => report('in an edit', seconds))
    .finally(() => thawed.resolve());
  await ending;
  await organizers.onApplicationShutdown();
  const { rows } = await shards
    .get(1)
    .primary.sql.query('SELECT title FROM events WHERE id = $1', [sale.eventId]);
  expect(rows).toEqual([{ title: 'Test' }]);
});

/**
 * The frozen process answers its caller with what is so: it booked, or `overloaded` and did nothing. Then the same
 * request, with its key, books in any case, and once.
 */
async function expectTruth(
  sale: Sale,
  userId: string,
  mine: Promise<{ booking: { id: string } }>,
): Promise<void> {
  const told = await mine.then(
    ({ booking }) => booking.id,
    (error: { code?: string }) => error.code,
  );
  const { rows } = await shards
    .get(1)
    .primary.sql.query<{ id: string }>('SELECT id FROM bookings WHERE event_id = $1 AND user_id = $2', [
      sale.eventId,
      userId,
    ]);
  if (told === 'overloaded') expect(rows).toEqual([]);
  else expect(rows).toEqual([{ id: told }]);
  const again = await others.book(sale.eventId, userId, asksOf(sale), keyOf(userId));
  if (told !== 'overloaded') expect(again.booking.id).toBe(told);
  await countSold(shards, sale.eventId);
}
