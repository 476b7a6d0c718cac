import { newId } from '#libs/kernel';
import type { Shard } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../../test/support/databases.js';
import { type OpenDatabases, openDatabases } from '../../../../test/support/open.js';
import { appendOn, availability } from '../../../../test/support/relay.js';
import { DEFAULT_PACE, type Pace } from '../domain/pace.js';
import { newVerdict } from '../domain/verdict.js';
import { claimDue, confirm, settle } from './claims.sql.js';

const pace: Pace = { ...DEFAULT_PACE, batch: 10, backoffMs: 1000, tries: 3 };

describe.each([18, 15] as const)('claims on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let open: OpenDatabases;
  let shard: Shard;

  beforeAll(async () => {
    databases = await createDatabases({ postgres });
    open = await openDatabases(databases.config);
    shard = open.shards.get(1);
  });
  beforeEach(() => shard.primary.sql.query('TRUNCATE outbox'));
  afterAll(async () => {
    await open.close();
    await databases.drop();
  });

  const write = async (n: number) => {
    const events = Array.from({ length: n }, (_, i) => availability(newId(0), i + 1));
    await appendOn(shard, events);
    return events.map((event) => event.id);
  };
  const claimedIds = async () => (await claimDue(shard, pace)).map((row) => row.id).sort();
  const makeDue = () => shard.primary.sql.query('UPDATE outbox SET due_at = now()');
  const stateOf = async (id: string) => {
    const { rows } = await shard.primary.sql.query(
      `SELECT done_at IS NOT NULL AS done, parked_at IS NOT NULL AS parked, attempts, confirmed, last_error AS error,
         round(extract(epoch FROM due_at - clock_timestamp()))::integer AS "dueIn" FROM outbox WHERE id = $1`,
      [id],
    );
    return rows[0];
  };

  it('gives a row to nobody else before its lease is over', async () => {
    const ids = await write(3);
    expect(await claimedIds()).toEqual(ids.sort());
    expect(await claimedIds()).toEqual([]);
    expect((await stateOf(ids[0]!)).dueIn).toBe(30);
    await makeDue();
    expect(await claimedIds()).toEqual(ids.sort());
  });

  it('takes the oldest first, and no more than a batch', async () => {
    const first = await write(10);
    await write(5);
    expect(await claimedIds()).toEqual(first.sort());
  });

  it('goes round a row that somebody is claiming, without waiting', async () => {
    const [locked, ...free] = await write(4);
    await shard.transaction(async (tx) => {
      await tx.query('SELECT FROM outbox WHERE id = $1 FOR UPDATE', [locked]);
      expect(await claimedIds()).toEqual(free.sort());
    });
  });

  it('is done with a row when the last of its consumers has confirmed, whoever was first', async () => {
    const [id] = await write(1);
    await settle(shard, [{ ...newVerdict(id!, ['list', 'mail']), confirmed: ['list'] }], pace);
    expect(await stateOf(id!)).toMatchObject({ done: false, confirmed: ['list'] });
    await confirm(shard, [id!], 'mail', ['list', 'mail']);
    expect(await stateOf(id!)).toMatchObject({ done: true, confirmed: ['list', 'mail'] });
  });

  it('backs off a row that failed, twice as long each time, and parks it after its tries', async () => {
    const [id] = await write(1);
    const fail = () => settle(shard, [{ ...newVerdict(id!, ['list']), error: 'list: no' }], pace);
    await fail();
    expect(await stateOf(id!)).toMatchObject({ attempts: 1, dueIn: 1, parked: false, error: 'list: no' });
    await fail();
    expect(await stateOf(id!)).toMatchObject({ attempts: 2, dueIn: 2, parked: false });
    await fail();
    expect(await stateOf(id!)).toMatchObject({ attempts: 3, parked: true, done: false });
    await makeDue();
    expect(await claimedIds()).toEqual([]);
  });

  it('brings back soon, and does not count, what could not be delivered because something was away', async () => {
    const [id] = await write(1);
    await settle(shard, [{ ...newVerdict(id!, ['list']), away: true }], pace);
    expect(await stateOf(id!)).toMatchObject({ attempts: 0, dueIn: 5, parked: false, done: false });
  });
});
