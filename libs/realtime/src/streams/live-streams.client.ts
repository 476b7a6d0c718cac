import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { RedisConnection } from '#libs/caching';
import { type Topic, keyOf, nameOf } from '../domain/topic.js';

/** A message to publish: told once by its id, or the state of something at a version. */
export interface Publication {
  topic: Topic;
  event: string;
  data: object;
  guard: { once: string } | { version: number; paceMs?: number };
}

/** What became of it; `wait` is milliseconds until the topic may have this kind of message again. */
export type Outcome = 'told' | 'nobody' | 'known' | 'stale' | { wait: number };

/** Where a topic stands; `frames` are what was missed, null when they are not all kept. */
export interface Standing {
  seq: number;
  frames: Buffer[] | null;
}

/** Two kinds of state messages at this distance make ten a second a topic, with some room for clocks. */
export const PACE_MS = 220;
/** A DomainEvent comes again when its lease of 30 s ends. */
const REMEMBER_SECONDS = 300;
const KEEP_COUNTER_SECONDS = 86_400;
const KEEP_STREAM_SECONDS = 900;
/** Messages that are kept for who comes back; larger ones are not: a snapshot is smaller. At the most 3 MB a topic. */
const KEPT_MESSAGES = 200;
const KEPT_BYTES = 16_384;

/** Commands that the scripts beside this file define. */
interface Scripts {
  liveJoin(...args: (string | number)[]): Promise<[Buffer, Buffer[] | 0]>;
  liveEpoch(...args: (string | number)[]): Promise<unknown>;
}
interface PipelinedScripts {
  livePublish(...args: (string | number)[]): unknown;
}

/** Topics in Redis: a counter, a stream of the last messages, a channel. Redis may forget all of it at any moment. */
@Injectable()
export class LiveStreams {
  private readonly redis: Redis;
  private readonly prefix: string;

  constructor({ client }: RedisConnection) {
    this.redis = client;
    // Channels know no logical databases.
    this.prefix = `evently:live:${client.options.db ?? 0}:`;
    define(client, 'livePublish', 5, 'publish.lua');
    define(client, 'liveJoin', 3, 'join.lua');
    define(client, 'liveEpoch', 1, 'begin-epoch.lua');
  }

  channelOf(topic: Topic): string {
    return `${this.prefix}topic:${keyOf(topic)}`;
  }

  /** On which everybody is told to start anew. */
  get channelOfAll(): string {
    return `${this.prefix}all`;
  }

  /** Publishes in order; throws when Redis is away, and then nobody knows what was told. */
  async publish(publications: readonly Publication[]): Promise<Outcome[]> {
    const pipeline = this.redis.pipeline();
    for (const publication of publications) {
      (pipeline as unknown as PipelinedScripts).livePublish(...this.argumentsOf(publication));
    }
    const replies = (await pipeline.exec())!;
    return replies.map(([error, reply]) => {
      if (error) throw error;
      const [outcome, ms] = reply as [Exclude<Outcome, object> | 'wait', number];
      return outcome === 'wait' ? { wait: ms } : outcome;
    });
  }

  /** Which of the topics somebody follows, or did lately. */
  async followed(topics: readonly Topic[]): Promise<boolean[]> {
    if (!topics.length) return [];
    const counters = topics.map((topic) => this.counterOf(topic));
    const channels = topics.map((topic) => this.channelOf(topic));
    const [kept, listening] = await Promise.all([
      this.redis.mget(counters),
      this.redis.pubsub('NUMSUB', ...channels) as Promise<(string | number)[]>,
    ]);
    return topics.map((_, i) => kept[i] !== null || Number(listening[2 * i + 1]) > 0);
  }

  /** Where the topic stands, and the frames after `after`. From now on its messages are kept. */
  async join(topic: Topic, after: number | null = null): Promise<Standing> {
    const keys = [this.counterOf(topic), this.streamOf(topic), this.epoch];
    const values = [after ?? '', KEEP_COUNTER_SECONDS, KEPT_MESSAGES];
    const [seq, frames] = await (
      this.redis as unknown as { liveJoinBuffer: Scripts['liveJoin'] }
    ).liveJoinBuffer(...keys, ...values);
    return { seq: Number(seq), frames: frames === 0 ? null : frames };
  }

  /** Has everybody start anew: messages were lost. */
  async beginEpoch(): Promise<void> {
    await (this.redis as unknown as Scripts).liveEpoch(
      this.epoch,
      this.channelOfAll,
      2 * KEEP_COUNTER_SECONDS,
    );
  }

  private argumentsOf({ topic, event, data, guard }: Publication): (string | number)[] {
    const key = keyOf(topic);
    const once = 'once' in guard;
    const known = once ? `${this.prefix}told:${guard.once}:${key}` : `${this.prefix}version:${key}:${event}`;
    const name = JSON.stringify(nameOf(topic));
    return [
      ...[
        this.counterOf(topic),
        this.streamOf(topic),
        known,
        `${this.prefix}pace:${key}:${event}`,
        this.epoch,
      ],
      this.channelOf(topic),
      `{"event":"${event}","topic":${name},"seq":`,
      `,"data":${JSON.stringify(data)}}`,
      ...(once ? ['once', REMEMBER_SECONDS, 0] : ['state', guard.version, guard.paceMs ?? PACE_MS]),
      ...[KEEP_COUNTER_SECONDS, KEEP_STREAM_SECONDS, KEPT_MESSAGES, KEPT_BYTES],
    ];
  }

  private get epoch(): string {
    return `${this.prefix}epoch`;
  }

  private counterOf(topic: Topic): string {
    return `${this.prefix}seq:${keyOf(topic)}`;
  }

  private streamOf(topic: Topic): string {
    return `${this.prefix}stream:${keyOf(topic)}`;
  }
}

function define(client: Redis, name: string, numberOfKeys: number, file: string): void {
  client.defineCommand(name, { numberOfKeys, lua: readFileSync(join(import.meta.dirname, file), 'utf8') });
}
