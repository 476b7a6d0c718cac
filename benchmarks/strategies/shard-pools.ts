import pg from 'pg';
import type { Config } from '#libs/config';
import { type Shard, Shards } from '#libs/sharding';

// bigint as number, as the product reads it.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** Plain pools of connections, one a shard, as any application would have them. */
export class ShardPools {
  private readonly shards: Shards;
  private readonly pools: ReadonlyMap<Shard['id'], pg.Pool>;

  private constructor(shards: Shards, size: number) {
    this.shards = shards;
    const open = ({ url }: Shard) => {
      const pool = new pg.Pool({ connectionString: url, max: size, types });
      return pool.on('error', () => undefined); // an idle connection that was lost: the next query opens another
    };
    this.pools = new Map(shards.all().map((shard) => [shard.id, open(shard)]));
  }

  /** @param size connections a shard */
  static async open(config: Config, size: number): Promise<ShardPools> {
    const shards = new Shards(config);
    await shards.onModuleInit();
    return new ShardPools(shards, size);
  }

  ofEvent(eventId: string): pg.Pool {
    return this.pools.get(this.shards.ofId(eventId).id)!;
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.end()));
    await this.shards.onApplicationShutdown();
  }
}
