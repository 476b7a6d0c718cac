export { CachingModule } from './caching.module.js';
export { RedisConnection } from './redis.service.js';
