import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../../test/support/databases.js';
import { type OpenDatabases, openDatabases } from '../../../../test/support/open.js';
import { type Answer, type IdempotentRequest, fingerprintOf, once } from '../index.js';

const SLOT = 0;

function request(key: string, caller: string, body: unknown = {}, path = '/v1/events'): IdempotentRequest {
  return { slot: SLOT, caller, key, fingerprint: fingerprintOf('POST', path, body) };
}

describe.each([18, 15] as const)('a repeated request on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let open: OpenDatabases;
  let shards: Shards;
  let caller: string;

  beforeAll(async () => {
    databases = await createDatabases({ postgres });
    open = await openDatabases(databases.config);
    shards = open.shards;
    await shards.get(1).primary.sql.query('CREATE TABLE works (id uuid PRIMARY KEY)');
  });
  beforeEach(async () => {
    caller = randomUUID();
    await shards.get(1).primary.sql.query('TRUNCATE works, idempotency');
  });
  afterAll(async () => {
    await open.close();
    await databases.drop();
  });

  /** Does a piece of work that shows in the database, and takes some time. */
  const work = (sent: IdempotentRequest | null, ms = 0): Promise<Answer<{ z: string; a: null }>> =>
    shards.transaction(SLOT, (tx) =>
      once(tx, sent, async () => {
        const id = newId(SLOT);
        await tx.query('INSERT INTO works VALUES ($1)', [id]);
        await sleep(ms);
        return { status: 201, body: { z: id, a: null } };
      }),
    );
  const works = async () => (await shards.get(1).primary.sql.query('SELECT FROM works')).rowCount;

  it('gets the stored status and body, with its members in order, and changes nothing', async () => {
    const first = await work(request('k', caller, { b: 1, a: 2 }));
    const second = await work(request('k', caller, { a: 2, b: 1 }));
    expect(first.replayed).toBe(false);
    expect(second).toEqual({ ...first, replayed: true });
    expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body));
    expect(await works()).toBe(1);
  });

  it('runs each time without a key', async () => {
    await work(null);
    await work(null);
    expect(await works()).toBe(2);
  });

  it('is another request for another caller', async () => {
    await work(request('k', caller));
    expect(await work(request('k', randomUUID()))).toMatchObject({ replayed: false });
  });

  it.each([
    ['body', { body: { other: 1 }, path: '/v1/events' }],
    ['path', { body: {}, path: '/v1/bookings' }],
  ])('is refused with another %s', async (_, { body, path }) => {
    await work(request('k', caller));
    await expect(work(request('k', caller, body, path))).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(await works()).toBe(1);
  });

  it('is refused for another slot of the shard as well', async () => {
    await work(request('k', caller));
    const elsewhere = { ...request('k', caller, {}, '/v1/other'), slot: 5 };
    await expect(work(elsewhere)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('does not hold up another request with its key, of which only one is done', async () => {
    const [first, second] = await Promise.allSettled([
      work(request('k', caller, { one: 1 }), 300),
      work(request('k', caller, { two: 2 }), 600),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { replayed: false } });
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'idempotency_key_reused' } });
    expect(await works()).toBe(1);
  });

  it('runs anew after a refusal', async () => {
    const sent = request('k', caller);
    const refused = shards.transaction(SLOT, (tx) =>
      once(tx, sent, () => Promise.reject(new Error('sold out'))),
    );
    await expect(refused).rejects.toThrow('sold out');
    expect(await work(sent)).toMatchObject({ status: 201, replayed: false });
  });

  it('waits for one that is running, of which there is only one', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => work(request('k', caller), 200)));
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.body.z)).size).toBe(1);
    expect(await works()).toBe(1);
  });

  it('does the work when the one it waited for fails', async () => {
    const sent = request('k', caller);
    const failing = shards.transaction(SLOT, (tx) =>
      once(tx, sent, async () => {
        await sleep(300);
        throw new Error('lost');
      }),
    );
    const [first, second] = await Promise.allSettled([failing, sleep(100).then(() => work(sent))]);
    expect(first.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: { replayed: false } });
  });

  it('is told that the first is still running when that takes too long', async () => {
    const sent = request('k', caller);
    const first = work(sent, 1500);
    await sleep(200);
    const second = shards.transaction(SLOT, async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = '300ms'`);
      return once(tx, sent, () => Promise.reject(new Error('must not run')));
    });
    await expect(second).rejects.toMatchObject({ code: 'idempotency_in_progress' });
    await first;
    expect(await works()).toBe(1);
  });
});
