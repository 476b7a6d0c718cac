import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { type Config, InjectConfig } from '#libs/config';
import { PrismaClient as MasterPrisma } from '#prisma/master';
import { Database } from './persistence/database.client.js';
import { shareOf } from './shards.service.js';

/** The master: accounts, the slot map, and projections of what the shards announce. */
@Injectable()
export class Master extends Database<MasterPrisma> implements OnModuleInit, OnApplicationShutdown {
  constructor(@InjectConfig() config: Config) {
    super({
      name: 'master',
      urls: config.databases.master,
      application: `evently-${config.processName}`,
      connections: shareOf(config),
      // The other formats print the arguments of the call, which would be logged.
      openPrisma: (pool) => new MasterPrisma({ adapter: new PrismaPg(pool), errorFormat: 'minimal' }),
    });
  }

  async onModuleInit(): Promise<void> {
    await this.watch?.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
