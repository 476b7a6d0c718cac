import type { ThrottlerStorage } from '@nestjs/throttler';
import { LRUCache } from 'lru-cache';

/** Addresses counted at a time; the one not seen for longest is forgotten first. About 100 bytes each. */
const MAX_KEYS = 200_000;

/**
 * Counts hits in fixed windows, in this process alone. Each hit costs the same however high the limit is; the
 * storage that comes with the throttler keeps and filters a list of all hits.
 */
export class WindowStorage implements ThrottlerStorage {
  private readonly windows = new LRUCache<string, { hits: number; endsAt: number }>({ max: MAX_KEYS });

  constructor(private readonly now: () => number = Date.now) {}

  async increment(key: string, ttl: number, limit: number): ReturnType<ThrottlerStorage['increment']> {
    const now = this.now();
    let window = this.windows.get(key);
    if (!window || window.endsAt <= now) {
      window = { hits: 0, endsAt: now + ttl };
      this.windows.set(key, window);
    }
    window.hits += 1;
    const seconds = Math.ceil((window.endsAt - now) / 1000);
    const isBlocked = window.hits > limit;
    return {
      totalHits: window.hits,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    };
  }
}
