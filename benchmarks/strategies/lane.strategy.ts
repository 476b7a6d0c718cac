import type { Config } from '#libs/config';
import { InventoryService, Lanes } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import type { Strategy } from './strategy.js';

/** The product's own way, without the rest of the product. */
export async function openLane(config: Config): Promise<Strategy> {
  const shards = new Shards(config);
  await shards.onModuleInit();
  const lanes = new Lanes(shards, config);
  const inventory = new InventoryService(shards, lanes);
  return {
    book: (...asked) => inventory.book(...asked),
    async close() {
      await lanes.onApplicationShutdown();
      await shards.onApplicationShutdown();
    },
  };
}
