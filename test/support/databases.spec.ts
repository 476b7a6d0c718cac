import { isFree, withConnection } from '../../apps/cli/src/local-stack/index.js';
import { type TestDatabases, createDatabases } from './databases.js';
import { ownPostgres, ownRedis, ownReplica, sharedServers } from './servers.js';

const majorVersion = (url: string): Promise<number> =>
  withConnection(url, async (client) => {
    const { rows } = await client.query<{ version: string }>(
      `select current_setting('server_version_num') as version`,
    );
    return Math.floor(Number(rows[0]!.version) / 10_000);
  });

describe('the databases of a test file', () => {
  let databases: TestDatabases;
  beforeAll(async () => {
    databases = await createDatabases();
  });
  afterAll(() => databases.drop());

  it('lie on both supported versions of PostgreSQL', async () => {
    const { master, shards } = databases.config.databases;
    const old = (await sharedServers()).postgres[15] ? 15 : 18;
    expect(
      await Promise.all(
        [master, shards[1], shards[2], shards[3], shards[4]].map((d) => majorVersion(d.primary)),
      ),
    ).toEqual([18, 18, 18, old, old]);
  });

  it('are migrated, and each shard knows which one it is', async () => {
    for (const shard of [1, 2, 3, 4] as const) {
      await withConnection(databases.config.databases.shards[shard].primary, async (client) => {
        expect((await client.query('select shard_id from shard_identity')).rows).toEqual([
          { shard_id: shard },
        ]);
      });
    }
  });

  it('are gone after drop', async () => {
    const others = await createDatabases({ postgres: 18 });
    await others.drop();
    await expect(majorVersion(others.env.MASTER_URL!)).rejects.toThrow('does not exist');
  });

  it('give every caller its own logical database of Redis', async () => {
    const others = await createDatabases({ postgres: 18 });
    expect(others.env.REDIS_URL).not.toBe(databases.env.REDIS_URL);
    await others.drop();
  });
});

it.each([18, 15] as const)(
  'a shard may have a server of its own with a replica, killed and restarted, on PostgreSQL %i',
  async (version) => {
    const server = await ownPostgres({ version });
    const replica = await ownReplica(server);
    const databases = await createDatabases({ on: { shard_3: server } });
    const url = databases.config.databases.shards[3].primary;
    try {
      await withConnection(url, (client) => client.query('create table kept as select 1 as one'));
      await server.kill();
      await expect(majorVersion(url)).rejects.toThrow('ECONNREFUSED');
      expect(await majorVersion(databases.config.databases.shards[1].primary)).toBe(18);
      await server.restart();
      await withConnection(url, (client) => client.query('select one from kept'));
      await replica.promote();
      const name = new URL(url).pathname.slice(1);
      await withConnection(replica.url(name), (client) => client.query('insert into kept values (2)'));
    } finally {
      await databases.drop();
      await replica.stop();
      await server.stop();
    }
  },
);

it('a Redis of the test’s own stops and starts', async () => {
  const redis = await ownRedis();
  try {
    await redis.kill();
    expect(await isFree(redis.options.port)).toBe(true);
    await redis.restart();
    expect(await isFree(redis.options.port)).toBe(false);
  } finally {
    await redis.stop();
  }
});
