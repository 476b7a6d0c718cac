import { Global, Module } from '@nestjs/common';
import { Master } from './master.service.js';
import { Shards } from './shards.service.js';

@Global()
@Module({ providers: [Master, Shards], exports: [Master, Shards] })
export class ShardingModule {}
