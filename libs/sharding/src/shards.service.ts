import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { type Config, InjectConfig } from '#libs/config';
import { SHARD_IDS, SLOT_COUNT, type ShardId, refusals, slotOfId } from '#libs/kernel';
import { PrismaClient as ShardPrisma } from '#prisma/shard';
import { SlotMap } from './domain/slot-map.js';
import { Database, type Tx } from './persistence/database.client.js';
import { SlotMoved, readSlotMap, requireOwner } from './persistence/slots.repository.js';

/** How long a process that starts tries to read the slot map, and between two tries; milliseconds. */
const START_MS = 15_000;
const AGAIN_MS = 250;

/** One shard: a database that owns ranges of slots. */
export class Shard extends Database<ShardPrisma> {
  constructor(
    readonly id: ShardId,
    config: Config,
    /** The server's URL, for connections outside the pool (the lane's own). */
    readonly url = config.databases.shards[id].primary,
  ) {
    super({
      name: `shard-${id}`,
      urls: config.databases.shards[id],
      application: `evently-${config.processName}`,
      connections: shareOf(config),
      openPrisma: (pool: pg.Pool) => new ShardPrisma({ adapter: new PrismaPg(pool), errorFormat: 'minimal' }),
    });
  }
}

/** The process's budget over five databases: most of it to the primaries. */
export function shareOf(config: Config): { primary: number; replica: number } {
  const each = Math.floor(config.databases.connections / 5);
  const replica = Math.max(1, Math.floor(each / 4));
  return { primary: each - replica, replica };
}

/** The shards and the way to them. */
@Injectable()
export class Shards implements OnModuleInit, OnApplicationShutdown {
  private readonly byNumber: ReadonlyMap<ShardId, Shard>;
  private current: SlotMap | null = null;

  constructor(@InjectConfig() config: Config) {
    this.byNumber = new Map(SHARD_IDS.map((id) => [id, new Shard(id, config)]));
  }

  async onModuleInit(): Promise<void> {
    await Promise.all(this.all().map(async (shard) => shard.watch?.start()));
    await this.readAtStart();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.all().map((shard) => shard.close()));
  }

  all(): Shard[] {
    return [...this.byNumber.values()];
  }

  get map(): SlotMap {
    if (!this.current)
      throw new Error('the slot map is read when the application starts; it has not started');
    return this.current;
  }

  get(id: ShardId): Shard {
    return this.byNumber.get(id)!;
  }

  ofSlot(slot: number): Shard {
    return this.get(this.map.shardOf(slot));
  }

  /** The shard of an event or of anything below it. A forged slot is `not_found`. */
  ofId(uuid: string): Shard {
    return this.ofSlot(requireSlot(uuid));
  }

  /** One writing transaction on the shard that owns the slot, checked there. */
  transaction<T>(slot: number, work: (tx: Tx, shard: Shard) => Promise<T>): Promise<T> {
    return this.onOwner(slot, (shard) =>
      shard.transaction(async (tx) => {
        await requireOwner(tx, slot);
        return work(tx, shard);
      }),
    );
  }

  /**
   * Runs work on the shard that the map names. When that shard does not own the slot any more (`SlotMoved`),
   * the map is read again and the work runs once more, on the new owner.
   */
  async onOwner<T>(slot: number, work: (shard: Shard) => Promise<T>): Promise<T> {
    try {
      return await work(this.ofSlot(slot));
    } catch (error) {
      if (!(error instanceof SlotMoved)) throw error;
      await this.reload();
      return work(this.ofSlot(slot));
    }
  }

  /** A machine that has just come up may take longer than a connection may: the process need not be started again for that. */
  private async readAtStart(): Promise<void> {
    for (const end = performance.now() + START_MS; ; await sleep(AGAIN_MS)) {
      try {
        return await this.reload();
      } catch (error) {
        if (performance.now() >= end) throw error;
      }
    }
  }

  /** Reads the newest slot map that any shard knows. */
  async reload(): Promise<void> {
    const maps = await Promise.all(this.all().map((shard) => readSlotMap(shard).catch(() => null)));
    const newest = maps.filter((map) => map !== null).sort((a, b) => b.version - a.version)[0];
    if (!newest) throw new Error('no shard gave a slot map: are the databases up and migrated?');
    this.current = newest;
  }
}

/** The slot of an id; throws `not_found` for an id that carries none. */
export function requireSlot(uuid: string): number {
  const slot = slotOfId(uuid);
  if (slot === null || slot >= SLOT_COUNT) throw refusals.not_found('There is nothing with this id.');
  return slot;
}
