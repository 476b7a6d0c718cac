import { Global, Module } from '@nestjs/common';
import { RedisConnection } from './redis.service.js';

@Global()
@Module({ providers: [RedisConnection], exports: [RedisConnection] })
export class CachingModule {}
