export { AnswerCache } from './answer-cache.service.js';
export { CachingModule } from './caching.module.js';
export type { Answer, Lifetimes } from './domain/answer.js';
export type { AnyView, Ask, Counted, CountedView, Served, Tier, View } from './domain/view.js';
export { LiveCounters, type Move, type Wrote } from './live.counters.js';
export { RedisConnection } from './redis.service.js';
export { Cached } from './http/cached.decorator.js';
export type { Requested } from './http/cached.read.js';
export { answerFromMemory } from './http/memory.hook.js';
