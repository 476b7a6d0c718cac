import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { type Config, InjectConfig } from '#libs/config';

const SPACE = 0x20;
/** Channels in one command. */
const CHUNK = 1000;

/** What the feed tells its listener. */
export interface FeedListener {
  /** A message of a channel. */
  heard(channel: string, seq: number, frame: Buffer): void;
  /** The connection is there: channels must be listened to, anew. */
  opened(): void;
  /** Nothing is heard until it is opened again. */
  closed(): void;
}

/** The process's one connection to Redis that listens. */
@Injectable()
export class LiveFeed implements OnApplicationShutdown {
  private readonly log = new Logger(LiveFeed.name);
  private readonly redis: Redis;
  private listener: FeedListener | null = null;

  constructor(@InjectConfig() config: Config) {
    this.redis = new Redis(config.redis.url, {
      connectionName: `evently-${config.processName}-live`,
      connectTimeout: 2000,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      // Whoever listens asks where its topics stand when the connection comes back, and listens then.
      autoResubscribe: false,
      // A connection that died without a word is found by its silence.
      keepAlive: 5000,
      retryStrategy: (attempt) => Math.min(1000, attempt * 50),
    });
    // Away: `closed` has told.
    this.redis.on('error', () => {});
    this.redis.on('messageBuffer', (channel: Buffer, message: Buffer) => this.hear(channel, message));
    this.redis.on('ready', () => this.listener?.opened());
    this.redis.on('close', () => this.listener?.closed());
  }

  get ready(): boolean {
    return this.redis.status === 'ready';
  }

  listen(listener: FeedListener): void {
    this.listener = listener;
    if (this.ready) listener.opened();
  }

  /** Throws while Redis is away. */
  async subscribe(channels: readonly string[]): Promise<void> {
    const chunks: Promise<unknown>[] = [];
    for (let i = 0; i < channels.length; i += CHUNK) {
      chunks.push(this.redis.subscribe(...channels.slice(i, i + CHUNK)));
    }
    await Promise.all(chunks);
  }

  unsubscribe(channel: string): void {
    // Away: with the connection its channels are gone.
    this.redis.unsubscribe(channel).catch((error: Error) => this.log.debug(error.message));
  }

  onApplicationShutdown(): void {
    this.listener = null;
    this.redis.disconnect();
  }

  /** `<seq> <frame>`; of the channel that speaks to everybody only the seq. */
  private hear(channel: Buffer, message: Buffer): void {
    const end = message.indexOf(SPACE);
    const seq = Number(message.subarray(0, end < 0 ? undefined : end).toString('latin1'));
    this.listener?.heard(channel.toString(), seq, message.subarray(end + 1));
  }
}
