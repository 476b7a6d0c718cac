import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

/** How long a holder may keep others waiting: a batch takes a few milliseconds. */
const LEASE_MS = 200;
/** How long anybody waits for a turn; then the batch goes on without it. */
const WAIT_MS = 50;
/** How long Redis is left alone after it failed. Without this pause a frozen Redis cost nine tenths of the throughput. */
const AWAY_MS = 1000;

// In: lock, waiters; token, lease in ms. Out: 1 granted, 0 the token waits in line.
const ACQUIRE = `
  if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
  redis.call('RPUSH', KEYS[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], 1000)
  return 0`;
// In: lock, waiters; token, lease in ms, prefix of channels. Effect: the first in line has the lock and is told; without
// one the lock is free. Does nothing when the token has it no more.
const RELEASE = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  local next = redis.call('LPOP', KEYS[2])
  if not next then return redis.call('DEL', KEYS[1]) end
  redis.call('SET', KEYS[1], next, 'PX', ARGV[2])
  return redis.call('PUBLISH', ARGV[3] .. string.match(next, '^[^.]*'), next)`;
// In: waiters; token. Effect: the token is out of the line.
const LEAVE = `return redis.call('LREM', KEYS[1], 1, ARGV[1])`;

const CHANNEL = 'evently:lane:turn:';

/** A turn in the lane. */
export interface Turn {
  /** Hands the turn to the first in line. */
  release(): void;
}

/**
 * Lets the processes of a lane take turns, so that each finds the row lock free. It grants nothing: without Redis,
 * with a frozen one, or after it forgot everything, batches go on and the row lock orders them.
 */
export class PacingLock {
  private readonly commands: Redis;
  private readonly turns: Redis;
  private readonly me = randomBytes(8).toString('hex');
  private readonly granted = new Map<string, () => void>();
  private tokens = 0;
  private awayUntil = 0;

  constructor(url: string) {
    const options = { enableOfflineQueue: false, maxRetriesPerRequest: 0, connectTimeout: 2000 };
    this.commands = new Redis(url, { ...options, connectionName: 'evently-lane', commandTimeout: WAIT_MS });
    // Nobody would catch what becomes of a subscription that the client makes again itself: that would end the process.
    const listening = { ...options, autoResubscribe: false };
    this.turns = new Redis(url, { ...listening, connectionName: 'evently-lane-turns' });
    // Away: each `acquire` notices by itself, and health shows Redis.
    for (const redis of [this.commands, this.turns]) redis.on('error', () => {});
    // A subscription that fails is made again with the next connection.
    this.turns.on('ready', () => void this.turns.subscribe(CHANNEL + this.me).catch(() => {}));
    this.turns.on('message', (_, token: string) => this.granted.get(token)?.());
  }

  /** Waits for a turn, at most 50 ms; null to go on without one. Never throws. */
  async acquire(lane: string): Promise<Turn | null> {
    if (performance.now() < this.awayUntil) return null;
    const token = `${this.me}.${++this.tokens}`;
    const keys = [`evently:lane:${lane}:lock`, `evently:lane:${lane}:line`] as const;
    const turn = this.told(token);
    try {
      const granted = (await this.commands.eval(ACQUIRE, 2, ...keys, token, LEASE_MS)) === 1;
      if (!granted && !(await turn)) {
        await this.commands.eval(LEAVE, 1, keys[1], token);
        return null;
      }
      return { release: () => this.release(keys, token) };
    } catch (error) {
      await this.judge(error);
      return null;
    } finally {
      this.granted.delete(token);
    }
  }

  close(): void {
    this.commands.disconnect();
    this.turns.disconnect();
  }

  /** True when the token is told that it is its turn, false after the longest wait. */
  private told(token: string): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), WAIT_MS);
      this.granted.set(token, () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  private release(keys: readonly [string, string], token: string): void {
    // A turn that cannot be handed on ends with its lease.
    this.commands.eval(RELEASE, 2, ...keys, token, LEASE_MS, CHANNEL).catch((error) => this.judge(error));
  }

  /** After a command failed: when Redis does not even answer a ping, it is left alone for a while. */
  private async judge(_error: unknown): Promise<void> {
    try {
      await this.commands.ping();
    } catch {
      this.awayUntil = performance.now() + AWAY_MS;
    }
  }
}
