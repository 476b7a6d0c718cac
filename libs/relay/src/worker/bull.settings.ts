import type { SharedBullConfigurationFactory } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { QueueOptions } from 'bull';
import { type Config, InjectConfig } from '#libs/config';

/** The way to Redis for all queues. */
@Injectable()
export class BullSettings implements SharedBullConfigurationFactory {
  constructor(@InjectConfig() private readonly config: Config) {}

  createSharedConfiguration(): QueueOptions {
    return {
      redis: { ...addressOf(this.config.redis.url), retryStrategy: (times) => Math.min(times * 100, 1000) },
    };
  }
}

/** `redis://`, `rediss://` or `unix://` as the client takes it: Bull's own reading of URLs knows no Unix sockets. */
function addressOf(text: string): QueueOptions['redis'] & object {
  const url = new URL(text);
  const account = {
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
  };
  if (url.protocol === 'unix:') return { ...account, path: url.pathname };
  return {
    ...account,
    host: url.hostname,
    port: Number(url.port || 6379),
    db: Number(url.pathname.slice(1) || 0),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
