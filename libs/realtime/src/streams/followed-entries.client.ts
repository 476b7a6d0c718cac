import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { RedisConnection } from '#libs/caching';
import type { Topic } from '../domain/topic.js';

/** Processes say again what they follow, this often; Redis may have forgotten. */
const AGAIN_MS = 10_000;
/** What nobody says again is not followed. */
const LIFE_MS = 30_000;
/** Entries in one command. */
const CHUNK = 1000;
/** Whoever tells positions says so again before this is over. */
const LEAD_MS = 3000;

// In: KEYS 1 the lists, 2 those followed of one; ARGV 1 the list, 2 milliseconds, entries. Effect: they are followed for so long; the
// list's number grows by those that are new.
const FOLLOW = `
  local time = redis.call('TIME')
  local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
  local fresh = 0
  for i = 3, #ARGV do fresh = fresh + redis.call('ZADD', KEYS[2], ends, ARGV[i]) end
  if fresh > 0 then redis.call('HINCRBY', KEYS[1], ARGV[1], fresh) end
  redis.call('PEXPIRE', KEYS[2], ARGV[2])`;
// In: as above, without milliseconds. Out: the entries that are followed. Effect: forgets the others, and the list without any.
const FOLLOWED = `
  local time = redis.call('TIME')
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
  local entries = redis.call('ZRANGE', KEYS[2], 0, -1)
  if #entries == 0 then redis.call('HDEL', KEYS[1], ARGV[1]) end
  return entries`;
// In: KEYS 1 who tells; ARGV 1 a worker, 2 milliseconds. Out: 1 when it is the one who tells, for so long.
const LEAD = `
  local leader = redis.call('GET', KEYS[1])
  if leader and leader ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1`;

/** Which waitlist entries somebody follows, by list, over all processes. In Redis, which may forget it: then it is said again. */
@Injectable()
export class FollowedEntries implements OnApplicationShutdown {
  private readonly log = new Logger(FollowedEntries.name);
  private readonly redis: Redis;
  private readonly prefix: string;
  private timer: NodeJS.Timeout | null = null;

  constructor({ client }: RedisConnection) {
    this.redis = client;
    this.prefix = `evently:live:${client.options.db ?? 0}:`;
  }

  /** Says again and again which topics are followed by this process. */
  keep(topics: () => Topic[]): void {
    this.timer = setInterval(() => void this.follow(topics()), AGAIN_MS);
    this.timer.unref();
  }

  /** Of topics that are no entries, nothing. Never throws: what Redis did not hear is said again. */
  async follow(topics: readonly Topic[]): Promise<void> {
    const entries = topics.filter(({ list }) => list !== undefined);
    try {
      for (const [list, some] of Map.groupBy(entries, (topic) => topic.list!)) {
        for (let i = 0; i < some.length; i += CHUNK) {
          const ids = some.slice(i, i + CHUNK).map(({ id }) => id);
          await this.redis.eval(FOLLOW, 2, this.lists, this.of(list), list, LIFE_MS, ...ids);
        }
      }
    } catch (error) {
      this.log.debug(`followed entries not said: ${(error as Error).message}`);
    }
  }

  /** The lists that somebody follows entries of, each with a number that grows with those who come. */
  readLists(): Promise<Record<string, string>> {
    return this.redis.hgetall(this.lists);
  }

  readEntries(list: string): Promise<string[]> {
    return this.redis.eval(FOLLOWED, 2, this.lists, this.of(list), list) as Promise<string[]>;
  }

  /** Whether this worker is the one that tells positions, for the next seconds. */
  async lead(worker: string): Promise<boolean> {
    return (await this.redis.eval(LEAD, 1, `${this.prefix}positions`, worker, LEAD_MS)) === 1;
  }

  onApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private get lists(): string {
    return `${this.prefix}lists`;
  }

  private of(list: string): string {
    return `${this.prefix}list:${list}`;
  }
}
