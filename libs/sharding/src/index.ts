export { FIRST_SLOT_MAP, SlotMap, type SlotRange } from './domain/slot-map.js';
export { exclusively } from './persistence/advisory.lock.js';
export { Master } from './master.service.js';
export { Database, type Reader, type Tx } from './persistence/database.client.js';
export { type MigrationReport, migrateAll } from './persistence/migrations.runner.js';
export { SlotMoved, requireOwner } from './persistence/slots.repository.js';
export { codeOf, isUnavailable, unavailable, violates } from './sharding.errors.js';
export { ShardingModule } from './sharding.module.js';
export { Shard, Shards, requireSlot } from './shards.service.js';
