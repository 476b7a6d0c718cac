import type { DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { type Config, ConfigModule } from '#libs/config';
import { Master, Shards, ShardingModule } from '#libs/sharding';

export interface OpenDatabases {
  master: Master;
  shards: Shards;
  module: TestingModule;
  close(): Promise<void>;
}

/** The master and the shards as a process sees them, with further modules at work. Call `close` before dropping them. */
export async function openDatabases(config: Config, modules: DynamicModule[] = []): Promise<OpenDatabases> {
  const module = await Test.createTestingModule({
    imports: [ConfigModule.for(config), ShardingModule, ...modules],
  }).compile();
  module.useLogger(false);
  await module.init();
  return {
    master: module.get(Master, { strict: false }),
    shards: module.get(Shards, { strict: false }),
    module,
    close: () => module.close(),
  };
}
