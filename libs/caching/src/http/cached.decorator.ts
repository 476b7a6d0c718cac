import { type Type, UseInterceptors, applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { CacheInterceptor } from './cache.interceptor.js';
import type { CachedConfig, CachedRead } from './cached.read.js';

/** Answers a GET from the cache: `@Cached(PublicEvent)` on the controller's method, which then serves the rest. */
export function Cached(read: Type<CachedRead>): MethodDecorator {
  return applyDecorators(
    RouteConfig({ cached: read } satisfies CachedConfig),
    UseInterceptors(CacheInterceptor),
  );
}
