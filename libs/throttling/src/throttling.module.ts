import { type DynamicModule, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import type { Config } from '#libs/config';
import { policiesOf } from './domain/policy.js';
import { RateLimiter } from './rate-limiter.service.js';
import { WindowStorage } from './window.storage.js';

@Module({})
export class ThrottlingModule {
  static for(config: Config): DynamicModule {
    const throttlers = policiesOf(config.throttle.profile);
    return {
      module: ThrottlingModule,
      imports: [ThrottlerModule.forRoot({ throttlers, storage: new WindowStorage() })],
      providers: [RateLimiter],
      exports: [RateLimiter],
    };
  }
}
