import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';
import { userBookings } from '#libs/booking';
import {
  CatalogModule,
  CatalogWorkerModule,
  cancelBookings,
  directory,
  directoryStock,
  eventAnswers,
} from '#libs/catalog';
import { type Config, ConfigModule } from '#libs/config';
import { AuthGuard, IdentityModule } from '#libs/identity';
import { InventoryModule, InventoryWorkerModule, waitlistMilestones } from '#libs/inventory';
import { HealthController, MetricsController, OperationsModule, TracesController } from '#libs/operations';
import { LivePositionsModule, RealtimeWorkerModule, liveMessages, liveState } from '#libs/realtime';
import { RelayModule, type RelayOptions } from '#libs/relay';
import { ShardingModule } from '#libs/sharding';
import { TracingModule } from '#libs/tracing';
import { ListMirror, MirrorModule, listMirror, userWaitlistEntries } from '#libs/waitlist';

/** Everything that runs by itself, by subject. Libraries export it; only this list starts it. */
const relay: RelayOptions = {
  /** What the classes below inject. */
  imports: [InventoryModule, CatalogModule, RealtimeWorkerModule, MirrorModule],
  projections: [userBookings, userWaitlistEntries, directory, directoryStock],
  effects: [cancelBookings],
  broadcasts: [listMirror, waitlistMilestones, liveMessages, liveState, eventAnswers],
  /** Tables with rows that age, besides the relay's own. */
  retention: [
    { on: 'shards', table: 'idempotency', column: 'created_at', keepHours: 48 },
    // Over for a month: long after anybody asks what became of it.
    { on: 'shards', table: 'holds', column: 'ended_at', keepHours: 24 * 30 },
    // For the event's statistics, which look back so far.
    { on: 'shards', table: 'waitlist_entries', column: 'ended_at', keepHours: 24 * 90 },
    { on: 'master', table: 'user_waitlist_entries', column: 'ended_at', keepHours: 24 * 90 },
    { on: 'shards', table: 'lane_markers', column: 'at', keepHours: 48 },
    { on: 'master', table: 'sessions', column: 'expires_at', keepHours: 24 },
    // An access token may live a day.
    { on: 'master', table: 'access_changes', column: 'changed_at', keepHours: 48 },
  ],
};

/** What the controllers need, and modules with timers of their own. */
const modules: NonNullable<ModuleMetadata['imports']> = [
  IdentityModule,
  OperationsModule,
  CatalogWorkerModule,
  InventoryWorkerModule,
  LivePositionsModule.from(MirrorModule, ListMirror),
];

const controllers: Type[] = [HealthController, MetricsController, TracesController];

@Module({})
export class WorkerModule {
  static for(config: Config, log: Logger): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigModule.for(config),
        TracingModule.for(log),
        ShardingModule,
        RelayModule.for(relay),
        ...modules,
      ],
      controllers,
      // What its traces tell is for admins, here as at the API.
      providers: [{ provide: APP_GUARD, useExisting: AuthGuard }],
    };
  }
}
