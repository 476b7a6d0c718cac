import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Answer, type Missing, isMissing, jittered, lifetimeOf } from './domain/answer.js';
import type { Stored } from './domain/stored.js';

/** Bytes of answers that a process keeps; what was not asked for longest goes first. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Of one answer: a list of 100,000 seats has 15 MB. */
const MAX_ANSWER = 16 * 1024 * 1024;
/** Bytes of an entry besides its body, about. */
const OVERHEAD = 500;

/** An answer in memory. Times in milliseconds of the monotonic clock. */
export interface Kept {
  answer: Answer | Missing;
  tags: readonly string[];
  freshUntil: number;
  goneAt: number;
}

/** L1: answers as they are sent, in this process, bounded in bytes. A store for Keyv whose reads can also be had at once. */
@Injectable()
export class AnswerMemory {
  readonly opts = { dialect: 'memory' };
  evictions = 0;
  private readonly entries: LRUCache<string, Kept>;
  private readonly byTag = new Map<string, Set<string>>();

  constructor() {
    this.entries = new LRUCache({
      maxSize: MAX_BYTES,
      maxEntrySize: MAX_ANSWER,
      sizeCalculation: ({ answer }) => ('body' in answer ? answer.body.length : 0) + OVERHEAD,
      dispose: (kept, key, reason) => {
        if (reason === 'evict') this.evictions++;
        this.forgetTags(key, kept.tags);
      },
    });
  }

  /** What is kept and not over, fresh or not. */
  find(key: string): Kept | undefined {
    const kept = this.entries.get(key);
    if (!kept || kept.goneAt > performance.now()) return kept;
    this.entries.delete(key);
    return undefined;
  }

  /** `stale`: it is to be asked for anew as soon as somebody wants it. */
  keep(key: string, { answer, tags, lifetimes }: Stored, stale = false): void {
    if (this.knowsNewer(key, answer)) return;
    const { fresh, stale: spare } = jittered(lifetimeOf(answer, lifetimes, 'memory'), Math.random());
    const now = performance.now();
    const freshUntil = stale ? now : now + fresh;
    this.entries.set(key, { answer, tags, freshUntil, goneAt: freshUntil + spare });
    if (!this.entries.has(key)) return;
    for (const tag of tags) {
      const keys = this.byTag.get(tag);
      if (keys) keys.add(key);
      else this.byTag.set(tag, new Set([key]));
    }
  }

  drop(keys: Iterable<string>): void {
    for (const key of keys) this.entries.delete(key);
  }

  dropTagged(tags: readonly string[]): void {
    for (const tag of tags) this.drop([...(this.byTag.get(tag) ?? [])]);
  }

  dropAll(): void {
    this.entries.clear();
  }

  get size(): { entries: number; bytes: number } {
    return { entries: this.entries.size, bytes: this.entries.calculatedSize };
  }

  // What Keyv asks of a store.
  get(key: string): Promise<{ value: Answer | Missing } | undefined> {
    const kept = this.find(key);
    return Promise.resolve(kept && { value: kept.answer });
  }

  set(key: string, { value }: { value: Stored }): Promise<true> {
    this.keep(key, value);
    return Promise.resolve(true);
  }

  delete(key: string): Promise<boolean> {
    return Promise.resolve(this.entries.delete(key));
  }

  clear(): Promise<void> {
    this.dropAll();
    return Promise.resolve();
  }

  /** Nothing ever fails here. */
  on(): this {
    return this;
  }

  /** What was read before another reading may be there after it. */
  private knowsNewer(key: string, answer: Answer | Missing): boolean {
    const known = this.find(key)?.answer;
    return known !== undefined && !isMissing(known) && !isMissing(answer) && known.version > answer.version;
  }

  private forgetTags(key: string, tags: readonly string[]): void {
    for (const tag of tags) {
      const keys = this.byTag.get(tag);
      keys?.delete(key);
      if (!keys?.size) this.byTag.delete(tag);
    }
  }
}
