export { Child, type ChildOptions } from './child.js';
export { type Owner, canEnter, giveTo, makePrivateFolder, serverOwner } from './owner.js';
export { freePort, holderOf, isFree } from './port.js';
export { type PostgresBinaries, debianPostgres, npmPostgres } from './postgres.binaries.js';
export { type PostgresOptions, PostgresServer } from './postgres.server.js';
export { type RedisOptions, RedisServer, findRedis } from './redis.server.js';
export {
  createDatabase,
  databaseExists,
  dropDatabase,
  renameDatabase,
  withConnection,
} from './persistence/postgres.admin.js';
