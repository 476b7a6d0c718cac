import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CatalogModule, EventsService } from '#libs/catalog';
import { type Config, ConfigModule } from '#libs/config';
import { Accounts, IdentityModule, Users } from '#libs/identity';
import { InventoryModule, InventoryService } from '#libs/inventory';
import { Shards, ShardingModule } from '#libs/sharding';
import { type EventCount, countEvents } from './persistence/counts.repository.js';
import { SeedAccounts } from './seed.accounts.js';
import { SeedEvents } from './seed.events.js';
import { type PlannedEvent, type Production, type Venue, planSeed } from './seed.plan.js';

/** What the README says; only for databases that this machine made for the demo. */
export const DEMO_PASSWORD = 'evently-demo';
const DAY = 86_400_000;

@Module({})
class SeedModule {
  static for(config: Config): DynamicModule {
    const imports = [
      ConfigModule.for(config),
      ShardingModule,
      IdentityModule,
      InventoryModule,
      CatalogModule,
    ];
    return { module: SeedModule, imports };
  }
}

export interface SeedOptions {
  config: Config;
  /** The checkout's prisma/seed. */
  folder: string;
  /** Whether the demo accounts get the documented password; else nobody knows theirs. */
  demoPasswords: boolean;
  now: Date;
}

/**
 * Fills empty databases with the demo. Does nothing to databases in use; goes on where an interrupted seed stopped.
 * @returns what the databases then hold, or null when nothing was done
 * @throws when they do not hold exactly what was planned
 */
export async function seed({
  config,
  folder,
  demoPasswords,
  now,
}: SeedOptions): Promise<EventCount[] | null> {
  const app = await NestFactory.createApplicationContext(SeedModule.for(config), {
    logger: ['warn', 'error'],
  });
  try {
    const accounts = new SeedAccounts(app.get(Accounts), app.get(Users));
    const shards = app.get(Shards);
    if (!(await accounts.mayBeSeeded((await countEvents(shards)).length > 0))) return null;
    const people = await accounts.create(
      demoPasswords ? DEMO_PASSWORD : randomBytes(24).toString('base64url'),
    );
    const plan = planSeed(
      await read<Venue>(folder, 'venues'),
      await read<Production>(folder, 'productions'),
      midnight(now),
    );
    const where = await new SeedEvents(app.get(EventsService), app.get(InventoryService), people).createAll(
      plan,
    );
    const counts = await countEvents(shards);
    requireSame(plan, where, counts);
    await accounts.finish(people);
    return counts;
  } finally {
    await app.close();
  }
}

async function read<T>(folder: string, name: string): Promise<T[]> {
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as T[];
}

function midnight(now: Date): Date {
  return new Date(Math.floor(now.getTime() / DAY) * DAY);
}

/** Compares by shard, category and state. */
function requireSame(
  plan: readonly PlannedEvent[],
  where: readonly string[],
  counts: readonly EventCount[],
): void {
  const expected = Map.groupBy(
    plan.entries(),
    ([i, event]) => `${where[i]}, ${event.category}, ${event.sales}`,
  );
  const found = new Map(
    counts.map(({ shard, category, sales, count }) => [`${shard}, ${category}, ${sales}`, count]),
  );
  const faults = [...new Set([...expected.keys(), ...found.keys()])]
    .map((what) => ({ what, planned: expected.get(what)?.length ?? 0, seen: found.get(what) ?? 0 }))
    .filter(({ planned, seen }) => planned !== seen)
    .map(({ what, planned, seen }) => `  ${what}: ${seen} instead of ${planned}`);
  if (faults.length) throw new Error(`The seed did not come out as planned:\n${faults.join('\n')}`);
}
