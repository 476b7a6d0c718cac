import { type DynamicModule, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { CachingModule } from '#libs/caching';
import type { Config } from '#libs/config';
import { policiesOf } from './domain/policy.js';
import { LimitStorage } from './limits.storage.js';
import { LoadShedder } from './load-shedder.service.js';
import { POLICIES, RateLimiter } from './rate-limiter.service.js';

@Module({ imports: [CachingModule], providers: [LimitStorage], exports: [LimitStorage] })
class LimitStorageModule {}

/** The limits of requests, which a hook decides, and under the same storage whatever Nest's own guard is put before. */
@Module({})
export class ThrottlingModule {
  static for({ throttle }: Config): DynamicModule {
    const policies = policiesOf(throttle.profile, throttle.limits);
    return {
      module: ThrottlingModule,
      global: true,
      imports: [
        LimitStorageModule,
        ThrottlerModule.forRootAsync({
          imports: [LimitStorageModule],
          inject: [LimitStorage],
          useFactory: (storage: LimitStorage) => ({
            throttlers: [policies.account],
            storage,
            setHeaders: false,
          }),
        }),
      ],
      providers: [{ provide: POLICIES, useValue: policies }, RateLimiter, LoadShedder],
      exports: [RateLimiter, LoadShedder, ThrottlerModule],
    };
  }
}
