import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { AWAY, RedisConnection, RedisLink } from '#libs/caching';
import { refusals } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { BEGIN, COMPLETE, POSITIONS, PUT } from './list.scripts.js';
import { type Standing, readStandings, readWaiting } from './waiting.repository.js';

/** A mirror is built anew after this long, whatever happened: so nothing that nobody thought of lasts. */
const LIFE_MS = 3_600_000;
/** How long a process may take to build one before another does. */
const BUILDING_MS = 30_000;
/** Entries in one command: about a millisecond of Redis. */
const CHUNK = 1000;

/** Where entries stand in a list, as Redis has it. */
export interface Positions {
  /** When it was so, by the clock of Redis, in microseconds since 1970. */
  asOf: number;
  /** How many wait. */
  waiting: number;
  /** Of each entry, in their order: from 1; null when it does not wait, or is not known yet. */
  positions: (number | null)[];
}

/**
 * The waiting of each list in Redis, a sorted set with the ranks that PostgreSQL orders by. It follows the shard and decides
 * nothing. What is put in is never taken from news, which may be old, but read from the shard after the generation of the
 * mirror: whatever was read under an older one is refused, and may be, for the newer one was read later. Versions keep the
 * readings of one generation in order.
 */
@Injectable()
export class ListMirror {
  private readonly log = new Logger('Waitlist');
  private readonly redis: Redis;
  /** Which Redis a connection leads to: after a restart from an old copy, or on a replica, other mirrors count. */
  private readonly runs = new WeakMap<Redis, Promise<string>>();
  private readonly building = new Map<string, Promise<void>>();

  constructor(
    { client }: RedisConnection,
    private readonly link: RedisLink,
    private readonly shards: Shards,
  ) {
    this.redis = client;
  }

  /** Null when the mirror cannot tell: it is missing, being built, or Redis is away. A missing one is built meanwhile. */
  async positions(ticketTypeId: string, entryIds: readonly string[]): Promise<Positions | null> {
    const found = await this.link.ask(async (redis) => {
      const keys = await this.keysOf(redis, ticketTypeId);
      return redis.eval(POSITIONS, 2, ...keys, ...entryIds) as Promise<number[] | null>;
    });
    if (found === AWAY) return null;
    if (found === null) {
      void this.build(ticketTypeId).catch((error: Error) => {
        this.log.warn(`list ${ticketTypeId} not mirrored: ${error.message}`);
      });
      return null;
    }
    const [asOf, waiting, ...positions] = found;
    return { asOf: asOf!, waiting: waiting!, positions: positions.map((position) => position || null) };
  }

  /** How often each list changed, with its generation; null of those without a mirror. Throws while Redis is away. */
  async changes(ticketTypeIds: readonly string[]): Promise<(string | null)[]> {
    const found = await this.fields(ticketTypeIds, ['generation', 'changes']);
    return found.map(([generation, changes]) => (generation ? `${generation} ${changes ?? 0}` : null));
  }

  /**
   * Carries over how entries now stand, where their lists are mirrored. Throws a refusal while Redis or the shard is away:
   * then it must be called again.
   */
  async follow(entries: readonly { entryId: string; ticketTypeId: string }[]): Promise<void> {
    const byList = Map.groupBy(entries, ({ ticketTypeId }) => ticketTypeId);
    const lists = [...byList.keys()];
    // Before the shard is read. A list that has no generation here gets one later, and is read after that.
    const generations = await this.fields(lists, ['generation']).catch(away);
    const mirrored = lists.flatMap((id, i) => {
      const [generation] = generations[i]!;
      return generation ? [{ id, generation, entries: byList.get(id)! }] : [];
    });
    for (const [shard, some] of Map.groupBy(mirrored, ({ id }) => this.shards.ofId(id))) {
      const ids = some.flatMap(({ entries }) => entries.map(({ entryId }) => entryId));
      const standings = Map.groupBy(
        await shard.onPrimary(({ sql }) => readStandings(sql, ids)),
        ({ ticketTypeId }) => ticketTypeId,
      );
      await Promise.all(
        some.map(({ id, generation }) => this.put(id, generation, standings.get(id) ?? []).catch(away)),
      );
    }
  }

  /** Builds the mirror of a list anew; returns at once where another process does so. */
  build(ticketTypeId: string): Promise<void> {
    const known = this.building.get(ticketTypeId);
    if (known) return known;
    const building = this.buildOne(ticketTypeId).finally(() => this.building.delete(ticketTypeId));
    this.building.set(ticketTypeId, building);
    return building;
  }

  private async buildOne(ticketTypeId: string): Promise<void> {
    const generation = randomUUID();
    const keys = await this.keysOf(this.redis, ticketTypeId);
    const claim = `${keys[0]}:building`;
    if (!(await this.redis.set(claim, generation, 'PX', BUILDING_MS, 'NX'))) return;
    try {
      await this.redis.eval(BEGIN, 2, ...keys, generation, LIFE_MS);
      const shard = this.shards.ofId(ticketTypeId);
      for (let behind = '0', more = true; more;) {
        const page = await shard.onPrimary(({ sql }) => readWaiting(sql, ticketTypeId, behind, CHUNK));
        // Forgotten, or begun by another meanwhile: whoever asks next finds out.
        if (!(await this.put(ticketTypeId, generation, page))) return;
        more = page.length === CHUNK;
        behind = page.at(-1)?.rank ?? behind;
      }
      await this.redis.eval(COMPLETE, 2, ...keys, generation);
    } finally {
      await this.redis.del(claim);
    }
  }

  /** False when the list is of another generation by now. */
  private async put(
    ticketTypeId: string,
    generation: string,
    standings: readonly Standing[],
  ): Promise<boolean> {
    const keys = await this.keysOf(this.redis, ticketTypeId);
    for (let i = 0; i < standings.length; i += CHUNK) {
      const values = standings
        .slice(i, i + CHUNK)
        .flatMap(({ id, version, rank }) => [id, version, rank ?? '']);
      if (!(await this.redis.eval(PUT, 2, ...keys, generation, ...values))) return false;
    }
    return true;
  }

  private async fields(
    ticketTypeIds: readonly string[],
    names: readonly string[],
  ): Promise<(string | null)[][]> {
    if (!ticketTypeIds.length) return [];
    const pipeline = this.redis.pipeline();
    for (const id of ticketTypeIds) pipeline.hmget((await this.keysOf(this.redis, id))[0], ...names);
    return (await pipeline.exec())!.map(([error, values]) => {
      if (error) throw error;
      return values as (string | null)[];
    });
  }

  private async keysOf(redis: Redis, ticketTypeId: string): Promise<[state: string, order: string]> {
    const name = `evently:waitlist:${await this.runOf(redis)}:${ticketTypeId}`;
    return [`${name}:state`, `${name}:order`];
  }

  private runOf(redis: Redis): Promise<string> {
    const known = this.runs.get(redis);
    if (known) return known;
    const run = readRun(redis);
    const forget = () => this.runs.delete(redis);
    this.runs.set(redis, run);
    redis.once('close', forget);
    run.catch(forget);
    return run;
  }
}

async function readRun(redis: Redis): Promise<string> {
  const run = /^run_id:(\w{8})/m.exec(await redis.info('server'))?.[1];
  if (!run) throw new Error('Redis does not say which run it is');
  return run;
}

/** Passing, as far as the relay is concerned: it brings the news again. */
function away(error: unknown): never {
  throw refusals.service_unavailable(
    `The mirror of the waitlist does not follow: ${(error as Error).message}`,
  );
}
