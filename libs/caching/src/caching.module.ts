import { CacheModule } from '@nestjs/cache-manager';
import { Global, Module } from '@nestjs/common';
import { Keyv } from 'keyv';
import { AnswerCache } from './answer-cache.service.js';
import { CacheNews } from './cache.news.js';
import { LiveCounters } from './live.counters.js';
import { AnswerMemory } from './memory.store.js';
import { RedisLink } from './redis.link.js';
import { RedisConnection } from './redis.service.js';
import { SharedAnswers } from './shared.store.js';
import { SingleFlight } from './single.flight.js';

const tiers = [RedisLink, AnswerMemory, SharedAnswers];

@Module({ providers: tiers, exports: tiers })
class TiersModule {}

/** A tier for Nest's cache. The stores serialize, if at all, themselves. */
function tierOf(store: AnswerMemory | SharedAnswers): Keyv {
  return new Keyv({ store, serialize: undefined, deserialize: undefined, useKeyPrefix: false });
}

@Global()
@Module({
  imports: [
    TiersModule,
    CacheModule.registerAsync({
      imports: [TiersModule],
      inject: [AnswerMemory, SharedAnswers],
      useFactory: (memory: AnswerMemory, shared: SharedAnswers) => ({
        stores: [tierOf(memory), tierOf(shared)],
      }),
    }),
  ],
  providers: [RedisConnection, CacheNews, LiveCounters, SingleFlight, AnswerCache],
  exports: [RedisConnection, TiersModule, LiveCounters, AnswerCache],
})
export class CachingModule {}
