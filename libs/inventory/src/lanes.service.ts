import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { type Shard, Shards } from '#libs/sharding';
import { LaneMetrics } from './lane/lane.metrics.js';
import { PacingLock } from './lane/pacing.lock.js';
import { Lane } from './lane/shard.lane.js';

/** This process's lanes, one a shard; each connects when it is first used. */
@Injectable()
export class Lanes implements OnApplicationShutdown {
  private readonly lanes: ReadonlyMap<Shard['id'], Lane>;

  private readonly pacing: PacingLock | null;
  /** Goes on with the promotion of these events; the inventory's service sets it, for it knows where their seats are. */
  onUnfinished: (eventIds: readonly string[]) => void = () => {};

  constructor(shards: Shards, @InjectConfig() config: Config) {
    const holder = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    this.pacing = config.lane.lock === 'redis' ? new PacingLock(config.redis.url) : null;
    const offerMs = config.waitlist.offerSeconds * 1000;
    const unfinished = (eventIds: readonly string[]) => this.onUnfinished(eventIds);
    const open = ({ name, url }: Shard) =>
      new Lane({ name, url, holder, pacing: this.pacing, offerMs, unfinished });
    this.lanes = new Map(shards.all().map((shard) => [shard.id, open(shard)]));
    LaneMetrics.watch(() => shards.all().map((shard) => [shard.name, this.of(shard).depth]));
  }

  of(shard: Shard): Lane {
    return this.lanes.get(shard.id)!;
  }

  /** Serves what waits, then refuses. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((lane) => lane.close()));
    this.pacing?.close();
  }
}
