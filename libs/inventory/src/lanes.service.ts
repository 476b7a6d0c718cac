import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { LiveCounters } from '#libs/caching';
import { type Config, InjectConfig } from '#libs/config';
import { type Shard, Shards } from '#libs/sharding';
import { LaneMetrics } from './lane/lane.metrics.js';
import { liveAvailability } from './lane/live.availability.js';
import { PacingLock } from './lane/pacing.lock.js';
import { Lane } from './lane/shard.lane.js';

/** This process's lanes, one a shard; each connects when it is first used. */
@Injectable()
export class Lanes implements OnApplicationShutdown {
  private readonly lanes: ReadonlyMap<Shard['id'], Lane>;

  private readonly pacing: PacingLock | null;
  /** Goes on with the promotion of these events; the inventory's service sets it, for it knows where their seats are. */
  onUnfinished: (eventIds: readonly string[]) => void = () => {};

  /** `counters`: what is shown of availability; without them the lanes only write. */
  constructor(
    shards: Shards,
    @InjectConfig() config: Config,
    @Optional() @Inject(LiveCounters) counters?: LiveCounters,
  ) {
    const holder = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    const { lock, patienceMs } = config.lane;
    this.pacing = lock === 'redis' ? new PacingLock(config.redis.url) : null;
    const offerMs = config.waitlist.offerSeconds * 1000;
    const unfinished = (eventIds: readonly string[]) => this.onUnfinished(eventIds);
    const live = counters && liveAvailability(counters);
    const open = ({ name, url }: Shard) =>
      new Lane({ name, url, holder, pacing: this.pacing, offerMs, patienceMs, unfinished, live });
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
