import { InventoryService, Lanes } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { Dice, effort, seedsFor } from '../support/effort.js';
import { haunt, strikeProcess, strikeRedis } from '../support/faults.js';
import { type Inventory, LaneProcess } from '../support/lane.process.js';
import { countSold } from '../support/sale.js';
import { ownRedis } from '../support/servers.js';
import { EventModel } from './checker/event.model.js';
import { EventUnderTest } from './checker/event.under-test.js';
import { explain, linearize } from './checker/linearizability.js';
import { planOf, record } from './checker/recorder.js';

const SPEC = 'test/concurrency/histories.spec.ts';
const OPERATIONS = 200;

let redis: Awaited<ReturnType<typeof ownRedis>>;
let databases: TestDatabases;
let shards: Shards;
let lanes: Lanes;
let organizer: InventoryService;

beforeAll(async () => {
  redis = await ownRedis();
  databases = await createDatabases({ redisUrl: redis.url() });
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  lanes = new Lanes(shards, databases.config);
  organizer = new InventoryService(shards, lanes);
});
afterAll(async () => {
  await lanes?.onApplicationShutdown();
  await shards?.onApplicationShutdown();
  await databases?.drop();
  await redis?.stop();
});

/** Histories of a plan that are recorded, where the search for an order is given up: each interleaves in another way. */
const RECORDINGS = 3;

/** Records a history, each on an event of its own, and expects it to be linearizable. */
async function expectLinearizable(
  seed: number,
  slot: number,
  processes: readonly Inventory[],
  recordings = RECORDINGS,
): Promise<void> {
  const plan = planOf(new Dice(seed), OPERATIONS);
  const event = await EventUnderTest.open(shards, organizer, plan.terms, { slot, users: plan.users });
  const history = await record(event, plan, processes, (client) => new Dice(seed, client));
  const verdict = linearize(EventModel.of(plan.terms), history);
  if (verdict.linearizable === null && recordings > 1) {
    // Where many requests were never answered, for their process died, there are too many orders to try.
    console.log(`${SPEC}: seed ${seed}, slot ${slot}: ${explain(verdict)}, recorded again`);
    return expectLinearizable(seed, slot, processes, recordings - 1);
  }
  if (!verdict.linearizable) throw new Error(`seed ${seed}, slot ${slot}: ${explain(verdict)}`);
  await countSold(shards, event.sale.eventId);
}

/** Slots of all shards in turn: 1 and 2 are on PostgreSQL 18, 3 and 4 on 15. */
const slotOf = (n: number) => [0, 200, 360, 520][n % 4]!;

describe.each([2, 4])('%i processes', (count) => {
  const processes: LaneProcess[] = [];
  beforeAll(async () => {
    const started = Array.from({ length: count }, () => LaneProcess.start(databases.env));
    processes.push(...(await Promise.all(started)));
  });
  afterAll(() => Promise.all(processes.map((one) => one.stop())));

  it('answer as if one request had come after the other', async () => {
    const seeds = seedsFor(SPEC, effort(3, 250));
    for (const [n, seed] of seeds.entries()) await expectLinearizable(seed, slotOf(n), processes);
  }, 3_600_000);

  it('answer so too while processes are killed and frozen', async () => {
    const seeds = seedsFor(SPEC, effort(2, 60));
    for (const [n, seed] of seeds.entries()) {
      const dice = new Dice(seed, 99);
      const faults = haunt(dice, () => strikeProcess(processes, databases.env, dice));
      await expectLinearizable(seed, slotOf(n), processes).finally(() => faults.end());
    }
  }, 3_600_000);

  it('answer so too while Redis is stopped, frozen and flushed', async () => {
    const seeds = seedsFor(SPEC, effort(2, 60));
    for (const [n, seed] of seeds.entries()) {
      const dice = new Dice(seed, 98);
      const faults = haunt(dice, () => strikeRedis(redis, dice));
      await expectLinearizable(seed, slotOf(n), processes).finally(() => faults.end());
    }
  }, 3_600_000);
});
