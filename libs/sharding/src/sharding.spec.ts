import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SLOT_COUNT, newId, slotOfTitle } from '#libs/kernel';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { ownPostgres, ownReplica } from '../../../test/support/servers.js';
import { until } from '../../../test/support/until.js';
import { Master, Shards, migrateAll, requireSlot } from './index.js';

let databases: TestDatabases;
let shards: Shards;
let master: Master;

beforeAll(async () => {
  databases = await createDatabases();
  shards = new Shards(databases.config);
  master = new Master(databases.config);
  await Promise.all([shards.onModuleInit(), master.onModuleInit()]);
});

afterAll(async () => {
  await Promise.all([shards?.onApplicationShutdown(), master?.onApplicationShutdown()]);
  await databases?.drop();
});

describe('routing', () => {
  it('finds the shard in an id alone', () => {
    const names = ['Aida', 'Mahler 5', 'Norma', 'Tosca'].map(
      (title) => shards.ofId(newId(slotOfTitle(title))).name,
    );
    expect(names).toEqual(['shard-1', 'shard-2', 'shard-3', 'shard-4']);
  });

  it('answers not_found for an id with a forged slot', () => {
    // The third group; the second, which is of the time, may begin with a 7 too.
    const forged = newId(0).replace(/^(.{14}).{4}/, (_, head: string) => `${head}7fff`);
    expect(() => shards.ofId(forged)).toThrow('not_found');
  });

  it('gives each slot to exactly one shard, in the databases too', async () => {
    const owned = await Promise.all(
      shards.all().map((shard) => shard.read(({ prisma }) => prisma.ownedSlot.count())),
    );
    expect(owned).toEqual([162, 189, 162, 189]);
    expect(owned.reduce((a, b) => a + b)).toBe(SLOT_COUNT);
  });

  it.each([15, 18] as const)(
    'reads the slot of an id in SQL as in the kernel, on PostgreSQL %i',
    async (version) => {
      const shard = shards.get(version === 15 ? 3 : 1);
      for (const slot of [0, 161, 350, 701]) {
        const id = newId(slot);
        const { rows } = await shard.transaction((tx) => tx.query('SELECT slot_of($1::uuid) AS slot', [id]));
        expect(rows).toEqual([{ slot: requireSlot(id) }]);
      }
    },
  );
});

it('waits, when it starts, for databases that come up after it', async () => {
  const url = new URL(databases.config.databases.shards[1].primary);
  const target = { port: Number(url.port), host: url.hostname };
  const door = createServer((socket) => {
    const there = connect(target);
    for (const each of [socket, there]) each.on('error', () => {});
    socket.pipe(there).pipe(socket);
  });
  await once(door.listen(0, '127.0.0.1'), 'listening');
  const { port } = door.address() as AddressInfo;
  await new Promise((resolve) => door.close(resolve));
  url.port = String(port);
  const one = { primary: url.href, replica: null };
  const all = { 1: one, 2: one, 3: one, 4: one } as typeof databases.config.databases.shards;
  const early = new Shards({
    ...databases.config,
    databases: { ...databases.config.databases, shards: all },
  });
  const started = early.onModuleInit();
  setTimeout(() => door.listen(port, '127.0.0.1'), 700);
  await started;
  expect(early.map.version).toBe(shards.map.version);
  await early.onApplicationShutdown();
  await new Promise((resolve) => door.close(resolve));
});

describe('a writing transaction', () => {
  it('is refused by a shard that does not own the slot, and runs once more on the owner', async () => {
    const slot = slotOfTitle('Zauberflöte');
    await moveSlot(slot, 4, 1, 2);
    const tried: string[] = [];
    try {
      const where = await shards.transaction(slot, async (_tx, shard) => {
        tried.push(shard.name);
        return shard.name;
      });
      expect(where).toBe('shard-1');
      expect(tried).toEqual(['shard-1']);
    } finally {
      await moveSlot(slot, 1, 4, 3);
    }
  });

  it('leaves nothing behind when its work fails', async () => {
    const write = shards.transaction(3, async (tx) => {
      await tx.query(`UPDATE lanes SET holder = 'someone'`);
      throw new Error('on purpose');
    });
    await expect(write).rejects.toThrow('on purpose');
    expect(
      await shards.get(1).read(({ prisma }) => prisma.lane.findUniqueOrThrow({ where: { id: 1 } })),
    ).toMatchObject({
      holder: null,
    });
  });

  it('whose connection dies between two statements is refused, and neither the process nor the pool suffers', async () => {
    const shard = shards.get(1);
    const write = shards.transaction(3, async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await shard.primary.sql.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      // Until the news of it has been read, while nothing is asked of the connection.
      await until(() => !(tx as unknown as { _queryable: boolean })._queryable);
      await tx.query('SELECT 1');
    });
    await expect(write).rejects.toThrow('shard_unavailable');
    const sessions = Array.from({ length: 30 }, () => shards.transaction(3, (tx) => tx.query('SELECT 1')));
    await expect(Promise.all(sessions)).resolves.toHaveLength(30);
  });

  it('does not take a rolled back COMMIT for a success', async () => {
    const write = shards.transaction(3, async (tx) => {
      await tx.query('SELECT 1/0').catch(() => undefined);
    });
    await expect(write).rejects.toThrow('ROLLBACK instead of COMMIT');
  });
});

describe('migrations', () => {
  it('run by two at once are applied once', async () => {
    const fresh = await createDatabases();
    const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    try {
      for (const kind of ['master', 'shard']) {
        const path = join(folder, kind, 'migrations/29990101000000_count');
        await mkdir(path, { recursive: true });
        await writeFile(
          join(path, 'migration.sql'),
          'CREATE TABLE counted (n int); INSERT INTO counted VALUES (1);',
        );
      }
      const reports = await Promise.all([1, 2, 3].map(() => migrateAll(fresh.config.databases, folder)));
      const applied = reports.flat().filter((report) => report.applied.length);
      expect(applied.map((report) => report.database).sort()).toEqual([
        'master',
        'shard-1',
        'shard-2',
        'shard-3',
        'shard-4',
      ]);

      await writeFile(join(folder, 'master/migrations/29990101000000_count/migration.sql'), 'SELECT 1;');
      await expect(migrateAll(fresh.config.databases, folder)).rejects.toThrow(
        'edited after it had been applied',
      );
    } finally {
      await rm(folder, { recursive: true });
      await fresh.drop();
    }
  });

  it('refuse a database that is another shard', async () => {
    const swapped = structuredClone(databases.config.databases);
    [swapped.shards[1], swapped.shards[2]] = [swapped.shards[2], swapped.shards[1]];
    await expect(migrateAll(swapped, 'prisma')).rejects.toThrow(
      /this database is shard \d: correct SHARD_\d_URL/,
    );
  });
});

describe('a shard with a replica', () => {
  it('reads there, and from the primary when the replica is gone; away altogether it refuses and costs the others nothing', async () => {
    const primary = await ownPostgres();
    const own = await createDatabases({ on: { shard_2: primary } });
    const replica = await ownReplica(primary);
    const database = new URL(own.config.databases.shards[2].primary).pathname.slice(1);
    own.config.databases.shards[2].replica = replica.url(database);
    const local = new Shards(own.config);
    try {
      await local.onModuleInit();
      const shard = local.get(2);
      const inRecovery = () =>
        shard.read(
          async ({ sql }) => (await sql.query('SELECT pg_is_in_recovery() AS replica')).rows[0].replica,
        );
      await until(() => shard.watch!.usable);
      expect(await inRecovery()).toBe(true);

      await replica.stop();
      expect(await inRecovery()).toBe(false);
      expect(shard.watch!.usable).toBe(false);

      await primary.stop();
      for (let i = 0; i < 10; i++) await expect(inRecovery()).rejects.toThrow('shard_unavailable');
      expect(shard.state).toBe('open');
      expect(await local.get(1).onPrimary(({ prisma }) => prisma.ownedSlot.count())).toBe(162);

      await primary.restart();
      await until(() =>
        inRecovery().then(
          () => true,
          () => false,
        ),
      );
      expect(shard.state).toBe('closed');
    } finally {
      await local.onApplicationShutdown();
      await own.drop();
      await replica.stop();
      await primary.stop();
    }
  });
});

/** Gives a slot to another shard, as the end of a move does: the old owner loses it, then the map changes. */
async function moveSlot(slot: number, from: 1 | 4, to: 1 | 4, version: number): Promise<void> {
  await shards.get(from).transaction((tx) => tx.query('DELETE FROM owned_slots WHERE slot = $1', [slot]));
  await shards.get(to).transaction(async (tx) => {
    await tx.query('INSERT INTO owned_slots (slot) VALUES ($1)', [slot]);
    await tx.query(
      `INSERT INTO slot_map (version, from_slot, to_slot, shard_id)
       SELECT $3::integer, slot, slot, CASE WHEN slot = $1::integer THEN $2::smallint ELSE shard_id END
       FROM slot_map, generate_series(from_slot::integer, to_slot::integer) AS slot WHERE version = 1`,
      [slot, to, version],
    );
  });
}
