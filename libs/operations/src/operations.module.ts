import { Module } from '@nestjs/common';
import { CachingModule } from '#libs/caching';
import { DatabaseMetrics } from './database.metrics.js';
import { Health } from './health.service.js';
import { Queues } from './queues.service.js';

/** Needs ConfigModule and ShardingModule, which are global. Apps declare the controllers. */
@Module({ imports: [CachingModule], providers: [DatabaseMetrics, Health, Queues], exports: [Health, Queues] })
export class OperationsModule {}
