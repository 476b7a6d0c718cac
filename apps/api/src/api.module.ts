import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { type Config, ConfigModule } from '#libs/config';
import { ShardingModule } from '#libs/sharding';
import { HealthController } from './operations/health.controller.js';
import { Health } from './operations/health.service.js';

/** Everything that can enter the system, by subject. Libraries export their controllers; only apps declare them. */
const controllers: Type[] = [HealthController];

/** What the controllers need. */
const modules: NonNullable<ModuleMetadata['imports']> = [ShardingModule];

@Module({})
export class ApiModule {
  static for(config: Config): DynamicModule {
    return {
      module: ApiModule,
      imports: [ConfigModule.for(config), ...modules],
      controllers,
      providers: [Health],
    };
  }
}
