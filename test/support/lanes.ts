import { InventoryService, Lanes } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from './databases.js';

export interface OpenLanes {
  databases: TestDatabases;
  shards: Shards;
  lanes: Lanes;
  inventory: InventoryService;
  /** Ends the lanes and drops the databases. */
  close(): Promise<void>;
}

/** Databases of the spec's own, with a lane a shard and what enters it, as a process has them. */
export async function openLanes(): Promise<OpenLanes> {
  const databases = await createDatabases();
  const shards = new Shards(databases.config);
  await shards.onModuleInit();
  const lanes = new Lanes(shards, databases.config);
  const inventory = new InventoryService(shards, lanes);
  const close = async () => {
    await lanes.onApplicationShutdown();
    await shards.onApplicationShutdown();
    await databases.drop();
  };
  return { databases, shards, lanes, inventory, close };
}
