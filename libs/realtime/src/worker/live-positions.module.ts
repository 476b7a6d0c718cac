import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { FollowedEntries } from '../streams/followed-entries.client.js';
import { ListPositions, LivePositions } from './live-positions.timer.js';
import { RealtimeWorkerModule } from './realtime-worker.module.js';

/** Tells positions. */
@Module({})
export class LivePositionsModule {
  /** `module` exports `source`, which knows the positions. */
  static from(module: Type, source: Type<ListPositions>): DynamicModule {
    return {
      module: LivePositionsModule,
      imports: [module, RealtimeWorkerModule],
      providers: [LivePositions, FollowedEntries, { provide: ListPositions, useExisting: source }],
    };
  }
}
