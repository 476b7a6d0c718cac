import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { DEFAULT_PACE, type Pace } from '../domain/pace.js';
import { Broadcasts } from './broadcasts.service.js';
import { BullSettings } from './bull.settings.js';
import { Consumers } from './consumers.service.js';
import { EffectQueues } from './effect-queues.service.js';
import { PACE, RELAY_OPTIONS, type RelayOptions } from './options.types.js';
import { Projector } from './projector.service.js';
import { Relay } from './relay.service.js';
import { Retention } from './retention.timer.js';
import { Sources } from './sources.service.js';
import { Statistics } from './statistics.timer.js';

/** The relay with its consumers. Runs from the start of the application until its shutdown. */
@Module({})
export class RelayModule {
  static for(options: RelayOptions): DynamicModule {
    const pace: Pace = { ...DEFAULT_PACE, ...options.pace };
    const { imports = [], projections = [], effects = [], broadcasts = [] } = options;
    // A worker that dies gives its jobs back; only a job that is run keeps its lock.
    const settings = { lockDuration: pace.stalledMs, stalledInterval: pace.stalledMs, maxStalledCount: 10 };
    return {
      module: RelayModule,
      imports: [
        ...imports,
        ScheduleModule.forRoot(),
        BullModule.forRootAsync({ useClass: BullSettings }),
        BullModule.registerQueue(...effects.map(({ name }) => ({ name, settings }))),
      ],
      providers: [
        { provide: RELAY_OPTIONS, useValue: options },
        { provide: PACE, useValue: pace },
        ...[...projections, ...effects, ...broadcasts].map(({ use }) => use),
        Sources,
        Consumers,
        Projector,
        EffectQueues,
        Broadcasts,
        Relay,
        Retention,
        Statistics,
      ],
      exports: [Relay, EffectQueues, Retention, Statistics],
    };
  }
}
