import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Shard, Shards } from '#libs/sharding';
import { Lane } from './lane/shard.lane.js';

/** This process's lanes, one a shard; each connects when it is first used. */
@Injectable()
export class Lanes implements OnApplicationShutdown {
  private readonly lanes: ReadonlyMap<Shard['id'], Lane>;

  constructor(shards: Shards) {
    const holder = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    this.lanes = new Map(
      shards.all().map((shard) => [shard.id, new Lane({ name: shard.name, url: shard.url, holder })]),
    );
  }

  of(shard: Shard): Lane {
    return this.lanes.get(shard.id)!;
  }

  /** Serves what waits, then refuses. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((lane) => lane.close()));
  }
}
