import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { type Config, InjectConfig } from '#libs/config';

/** Milliseconds for a command; Redis only speeds things up, so nobody waits for it longer. */
const COMMAND_MS = 1000;

/**
 * The process's connection to Redis, which orders, paces and caches and may forget everything. While it is away
 * commands fail at once and the connection is tried again, at most every 2 s.
 */
@Injectable()
export class RedisConnection implements OnApplicationShutdown {
  readonly client: Redis;
  private readonly log = new Logger('Redis');
  private away = false;

  constructor(@InjectConfig() config: Config) {
    this.client = new Redis(config.redis.url, {
      connectionName: `evently-${config.processName}`,
      commandTimeout: COMMAND_MS,
      connectTimeout: 2000,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      retryStrategy: (attempt) => Math.min(2000, attempt * 100),
    });
    this.client.on('ready', () => this.tell(false, 'Redis answers'));
    this.client.on('error', (error: Error) => this.tell(true, `Redis is away: ${error.message}`));
  }

  /** Milliseconds of a round trip; null while Redis is away. */
  async ping(): Promise<number | null> {
    const start = performance.now();
    try {
      await this.client.ping();
      return performance.now() - start;
    } catch {
      // Away: whoever asks shows it.
      return null;
    }
  }

  onApplicationShutdown(): void {
    this.client.disconnect();
  }

  /** Says it once when Redis goes and once when it comes back. */
  private tell(away: boolean, message: string): void {
    if (away === this.away) return;
    this.away = away;
    if (away) this.log.warn(message);
    else this.log.log(message);
  }
}
