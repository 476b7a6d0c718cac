import { type DynamicModule, Global, Inject, Module } from '@nestjs/common';
import type { Config } from './config.js';

const CONFIG = Symbol('Config');

/** Injects the configuration: `constructor(@InjectConfig() private readonly config: Config)`. */
export const InjectConfig = () => Inject(CONFIG);

@Global()
@Module({})
export class ConfigModule {
  static for(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    };
  }
}
