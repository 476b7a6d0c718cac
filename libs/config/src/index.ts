export { type Config, type DatabaseUrls, SHARD_IDS, type ShardId, readConfig } from './config.js';
export { ConfigModule, InjectConfig } from './config.module.js';
