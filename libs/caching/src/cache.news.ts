import { randomBytes } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { type Config, InjectConfig } from '#libs/config';
import { AnswerMemory } from './memory.store.js';
import { AWAY, RedisLink } from './redis.link.js';

const CHANNEL = 'evently:cache:invalid';

/** What is not to be shown any more. */
export interface Invalid {
  tags: readonly string[];
  keys: readonly string[];
}

/** Tells every process what became invalid, and hears it. A message that is lost is healed by short lifetimes. */
@Injectable()
export class CacheNews implements OnApplicationShutdown {
  private readonly me = randomBytes(8).toString('hex');
  private readonly redis: Redis;
  private listener: (invalid: Invalid) => void = () => {};

  constructor(
    @InjectConfig() config: Config,
    memory: AnswerMemory,
    private readonly link: RedisLink,
  ) {
    this.redis = new Redis(config.redis.url, {
      connectionName: `evently-cache-news-${config.processName}`,
      connectTimeout: 2000,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      autoResubscribe: false,
      retryStrategy: (attempt) => Math.min(1000, attempt * 100),
    });
    // Whoever sends a command notices, and health shows Redis.
    this.redis.on('error', () => {});
    this.redis.on('ready', () => {
      // What was said meanwhile was not heard. A subscription that fails is made again with the next connection.
      this.redis.subscribe(CHANNEL).then(
        () => memory.dropAll(),
        () => this.redis.disconnect(true),
      );
    });
    this.redis.on('message', (_, message: string) => this.hear(message));
  }

  /** `listener` is called with what other processes say. */
  onInvalid(listener: (invalid: Invalid) => void): void {
    this.listener = listener;
  }

  /** Whether the message went out. */
  async tell(invalid: Invalid): Promise<boolean> {
    const message = JSON.stringify({ ...invalid, from: this.me });
    return (await this.link.ask((redis) => redis.publish(CHANNEL, message))) !== AWAY;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  private hear(message: string): void {
    const { from, ...invalid } = JSON.parse(message) as Invalid & { from: string };
    if (from !== this.me) this.listener(invalid);
  }
}
