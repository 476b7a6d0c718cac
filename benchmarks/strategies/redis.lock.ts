import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { refusals } from '#libs/kernel';

/** Longer than any transaction takes; the lock of a holder that died is free after it. Milliseconds. */
const LEASE_MS = 10_000;
/** How long a request tries before it is refused. */
const PATIENCE_MS = 30_000;
/** Waits between tries: doubling from the first to the longest, each at random between half and all of it. */
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 32;

// In: the lock; the holder's token. Effect: frees the lock, if it is still the holder's (compare and delete).
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** The lock of the textbook: SET NX PX, tried again after a while, given back by compare-and-delete. */
export class RedisLock {
  private readonly redis: Redis;

  constructor(url: string) {
    this.redis = new Redis(url);
    this.redis.on('error', () => undefined); // away: the commands say so
  }

  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const [key, token] = [`bench:lock:${name}`, randomBytes(16).toString('hex')];
    await this.acquire(key, token);
    try {
      return await work();
    } finally {
      await this.redis.eval(RELEASE, 1, key, token);
    }
  }

  close(): void {
    this.redis.disconnect();
  }

  private async acquire(key: string, token: string): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      if ((await this.redis.set(key, token, 'PX', LEASE_MS, 'NX')) === 'OK') return;
      if (performance.now() > until) throw refusals.overloaded('The lock was not free in time.');
      await sleep(wait * (0.5 + Math.random() / 2));
    }
  }
}
