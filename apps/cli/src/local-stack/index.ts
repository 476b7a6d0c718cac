export { findRedis } from '../../bootstrap/debian.mjs';
export { Child } from './child.js';
export { type Owner, canEnter, serverOwner } from './owner.js';
export {
  createDatabase,
  dataDirectoryAt,
  databaseExists,
  dropDatabase,
  renameDatabase,
  withConnection,
} from './persistence/postgres.admin.js';
export { freePort, holderOf, isFree } from './port.js';
export { debianPostgres, npmPostgres } from './postgres.binaries.js';
export { PostgresServer } from './postgres.server.js';
export { RedisServer } from './redis.server.js';
