import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Answer, type Missing, isMissing, jittered, lifetimeOf } from './domain/answer.js';
import { type SharedEntry, type Stored, decode, encode, isValid } from './domain/stored.js';
import type { Ask } from './domain/view.js';
import { AWAY, RedisLink } from './redis.link.js';

/** Bytes of a body: what is larger stays in the memory of each process. */
const MAX_BODY = 256 * 1024;
/** How long it is known that a tag was made invalid: longer than any entry lives. */
const GENERATION_MS = 10 * 60_000;
/** How long a replica may lack what was made invalid: longer than one that is still read is behind, by any process's clock. */
const SETTLED_MS = 30_000;

const entryOf = (key: string) => `evently:cache:entry:${key}`;
const generationOf = (tag: string) => `evently:cache:tag:${tag}`;

/** What Redis knows of a key. */
export interface Look {
  entry: SharedEntry | null;
  fresh: boolean;
  generations: (string | null)[];
  /** Whether a tag was made invalid so lately that a replica may not know why. */
  unsettled: boolean;
}

/** Somebody who waits for a look. */
interface Looking {
  ask: Ask;
  resolve: (look: Look | typeof AWAY) => void;
  reject: (error: Error) => void;
}

/** Looks a command, so that no answer of Redis gets very long. */
const TOGETHER = 64;

/**
 * L2: answers in Redis, for all processes. An entry remembers the generations of its tags, which change whenever
 * somebody makes a tag invalid; an entry of an older generation counts for nothing, also when it is written late.
 */
@Injectable()
export class SharedAnswers {
  readonly opts = { dialect: 'redis' };

  private looking: Looking[] = [];

  constructor(private readonly link: RedisLink) {}

  /** One round trip, shared by all who look in one turn of the event loop: a command each costs twice as much. */
  look(ask: Ask): Promise<Look | typeof AWAY> {
    return new Promise((resolve, reject) => {
      if (!this.looking.length) setImmediate(this.lookTogether);
      this.looking.push({ ask, resolve, reject });
    });
  }

  private readonly lookTogether = (): void => {
    const { looking } = this;
    this.looking = [];
    for (let at = 0; at < looking.length; at += TOGETHER) void this.lookFor(looking.slice(at, at + TOGETHER));
  };

  private async lookFor(looking: readonly Looking[]): Promise<void> {
    const keys: string[] = [];
    for (const { ask } of looking) {
      keys.push(entryOf(ask.key));
      for (const tag of ask.tags) keys.push(generationOf(tag));
    }
    const found = await this.link.ask((redis) => redis.mgetBuffer(keys));
    let at = 0;
    for (const { ask, resolve, reject } of looking) {
      const end = at + 1 + ask.tags.length;
      try {
        resolve(found === AWAY ? AWAY : lookOf(found.slice(at, end)));
      } catch (error) {
        reject(error as Error); // bytes that are not ours are the matter of who asked for them
      }
      at = end;
    }
  }

  /** The next generation of tags, and no entry under these keys. */
  async invalidate(tags: readonly string[], keys: readonly string[]): Promise<void | typeof AWAY> {
    return this.link.ask(async (redis) => {
      const commands = tags.map((tag) => redis.set(generationOf(tag), newGeneration(), 'PX', GENERATION_MS));
      if (keys.length) await redis.del(keys.map(entryOf));
      await Promise.all(commands);
    });
  }

  // What Keyv asks of a store.
  async get(key: string): Promise<{ value: Answer | Missing } | undefined> {
    const bytes = await this.link.ask((redis) => redis.getBuffer(entryOf(key)));
    if (bytes === AWAY || !bytes) return undefined;
    const look = await this.look({ key, tags: decode(bytes).tags });
    return look !== AWAY && look.entry ? { value: look.entry.answer } : undefined;
  }

  async set(key: string, { value }: { value: Stored }): Promise<boolean> {
    const { answer, lifetimes } = value;
    if (!isMissing(answer) && answer.body.length > MAX_BODY) return false;
    const { fresh, stale } = jittered(lifetimeOf(answer, lifetimes, 'shared'), Math.random());
    const bytes = encode(value, Date.now() + fresh);
    const life = Math.max(1, Math.round(fresh + stale));
    return (await this.link.ask((redis) => redis.set(entryOf(key), bytes, 'PX', life))) !== AWAY;
  }

  async delete(key: string): Promise<boolean> {
    return (await this.link.ask((redis) => redis.del(entryOf(key)))) === 1;
  }

  /** What is in Redis ends soon by itself. */
  clear(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing ever fails here. */
  on(): this {
    return this;
  }
}

/** @param found the entry and the generations of its tags */
function lookOf([bytes, ...found]: readonly (Buffer | null)[]): Look {
  const generations = found.map((one) => one?.toString() ?? null);
  const unsettled = generations.some((one) => one !== null && Date.now() - timeOf(one) < SETTLED_MS);
  const known = { generations, unsettled };
  const entry = bytes ? decode(bytes) : null;
  if (!entry || !isValid(entry, generations)) return { entry: null, fresh: false, ...known };
  return { entry, fresh: Date.now() < entry.freshUntil, ...known };
}

/** Begins with when it was made, milliseconds since 1970. */
function newGeneration(): string {
  return `${Date.now()} ${randomUUID()}`;
}

function timeOf(generation: string): number {
  return Number.parseInt(generation, 10);
}
