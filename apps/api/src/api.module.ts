import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { type Config, ConfigModule } from '#libs/config';
import { HealthController, MetricsController, OperationsModule } from '#libs/operations';
import { ShardingModule } from '#libs/sharding';
import { ThrottlingModule } from '#libs/throttling';
import { TracingModule } from '#libs/tracing';

/** Everything that can enter the system, by subject. Libraries export their controllers; only apps declare them. */
const controllers: Type[] = [HealthController, MetricsController];

/** What the controllers need. */
const modules: NonNullable<ModuleMetadata['imports']> = [ShardingModule, OperationsModule];

@Module({})
export class ApiModule {
  static for(config: Config, log: Logger): DynamicModule {
    return {
      module: ApiModule,
      imports: [ConfigModule.for(config), TracingModule.for(log), ThrottlingModule.for(config), ...modules],
      controllers,
    };
  }
}
