import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';
import {
  AdmissionsController,
  BookingModule,
  BookingsController,
  HoldsController,
  OffersController,
} from '#libs/booking';
import { AvailabilityController, CatalogModule, DirectoryController, EventsController } from '#libs/catalog';
import { type Config, ConfigModule } from '#libs/config';
import {
  ApiKeysController,
  AuthController,
  AuthGuard,
  IdentityModule,
  MeController,
  UsersController,
} from '#libs/identity';
import {
  CacheController,
  HealthController,
  LimitsController,
  MetricsController,
  OperationsModule,
  QueuesController,
  TracesController,
} from '#libs/operations';
import { PricingController, PricingModule } from '#libs/pricing';
import { HandshakeController, LivePageController, RealtimeModule } from '#libs/realtime';
import { ShardingModule } from '#libs/sharding';
import { ThrottlingModule } from '#libs/throttling';
import { TracingModule } from '#libs/tracing';
import { EventWaitlistController, WaitlistController, WaitlistModule } from '#libs/waitlist';

/** Everything that can enter the system, by subject. Libraries export their controllers; only apps declare them. */
const controllers: Type[] = [
  AuthController,
  MeController,
  UsersController,
  ApiKeysController,
  HoldsController,
  BookingsController,
  AdmissionsController,
  WaitlistController,
  OffersController,
  EventWaitlistController,
  DirectoryController,
  EventsController,
  AvailabilityController,
  PricingController,
  HandshakeController,
  LivePageController,
  HealthController,
  MetricsController,
  QueuesController,
  LimitsController,
  CacheController,
  TracesController,
];

/** What the controllers need. */
const modules: NonNullable<ModuleMetadata['imports']> = [
  ShardingModule,
  IdentityModule,
  BookingModule,
  WaitlistModule,
  CatalogModule,
  PricingModule,
  RealtimeModule,
  OperationsModule,
];

@Module({})
export class ApiModule {
  static for(config: Config, log: Logger): DynamicModule {
    return {
      module: ApiModule,
      imports: [ConfigModule.for(config), TracingModule.for(log), ThrottlingModule.for(config), ...modules],
      controllers,
      // Every route is closed until @Public(), @Roles() and @Scopes() open it.
      providers: [{ provide: APP_GUARD, useExisting: AuthGuard }],
    };
  }
}
