import { Injectable } from '@nestjs/common';
import type { Counted } from './domain/view.js';
import { AWAY, RedisLink } from './redis.link.js';

/** How long Redis keeps counters without a reading of the database. With L1's life it stays below a second. */
const LIFE_MS = 500;
/** How long it is known what somebody wrote. */
const WROTE_MS = 10_000;

const countersOf = (key: string) => `evently:cache:live:${key}`;
const wroteOf = (writer: string, key: string) => `evently:cache:wrote:${writer}:${key}`;
/** Since when Redis forgot nothing, milliseconds since 1970. */
const SINCE = 'evently:cache:since';

// In: a key; version, frame, time, life; then names and numbers. Effect: the counters, unless Redis holds a newer version.
const FILL = `
  local have = redis.call('HGET', KEYS[1], 'version')
  if have and tonumber(have) > tonumber(ARGV[1]) then return 0 end
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'version', ARGV[1], 'frame', ARGV[2], 'asOf', ARGV[3])
  for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[1], '=' .. ARGV[i], ARGV[i + 1]) end
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  return 1`;
// In: keys; the time; for each key its version before and after, how many numbers, and names with what is added to them.
// Effect: where Redis holds the version before, it holds the one after; what is older than that goes; what is newer stays.
const MOVE = `
  local at = 2
  for _, key in ipairs(KEYS) do
    local before, after, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
    at = at + 3
    local have = redis.call('HGET', key, 'version')
    if have == before then
      for i = at, at + 2 * count - 2, 2 do redis.call('HINCRBY', key, '=' .. ARGV[i], ARGV[i + 1]) end
      redis.call('HSET', key, 'version', after, 'asOf', ARGV[1])
    elseif have and tonumber(have) < tonumber(after) then
      redis.call('DEL', key)
    end
    at = at + 2 * count
  end`;
// In: keys; a life; a version each. Effect: each key holds the highest version that it was told.
const NOTE = `
  for i, key in ipairs(KEYS) do
    local have = redis.call('GET', key)
    if not have or tonumber(have) < tonumber(ARGV[i + 1]) then
      redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1])
    end
  end`;

/** Counters that moved together, from one version to the next. */
export interface Move {
  key: string;
  before: number;
  after: number;
  /** What is added, by name. */
  deltas: ReadonlyMap<string, number>;
}

/** Who wrote which version. */
export interface Wrote {
  writer: string;
  key: string;
  version: number;
}

/**
 * Counters in Redis that follow each change of them at once. The database has the truth; what is here is at most
 * `LIFE_MS` old, however many moves were lost.
 */
@Injectable()
export class LiveCounters {
  constructor(private readonly link: RedisLink) {}

  /** Null when Redis has none. */
  async look(key: string): Promise<Counted | null | typeof AWAY> {
    const found = await this.link.ask((redis) => redis.hgetall(countersOf(key)));
    if (found === AWAY) return AWAY;
    const { version, frame, asOf, ...rest } = found;
    if (version === undefined) return null;
    const counters = Object.fromEntries(
      Object.entries(rest).map(([name, text]) => [name.slice(1), Number(text)]),
    );
    return { version: Number(version), frame: frame!, asOf: Number(asOf), counters };
  }

  /** Puts in what was read from the database, beginning so many milliseconds ago. */
  async fill(key: string, { version, frame, asOf, counters }: Counted, agoMs = 0): Promise<void> {
    const life = Math.max(1, Math.round(LIFE_MS - agoMs));
    const numbers = Object.entries(counters).flat();
    await this.link.ask((redis) =>
      redis.eval(FILL, 1, countersOf(key), version, frame, asOf, life, ...numbers),
    );
  }

  /** Carries committed changes over, all in one round trip. `asOf`: by the database's clock. */
  async move(moves: readonly Move[], asOf: number): Promise<void> {
    if (!moves.length) return;
    const keys = moves.map(({ key }) => countersOf(key));
    const values = moves.flatMap(({ before, after, deltas }) => [
      before,
      after,
      deltas.size,
      ...[...deltas].flat(),
    ]);
    await this.link.ask((redis) => redis.eval(MOVE, keys.length, ...keys, asOf, ...values));
  }

  async drop(keys: readonly string[]): Promise<void | typeof AWAY> {
    if (!keys.length) return;
    const dropped = await this.link.ask((redis) => redis.del(keys.map(countersOf)));
    if (dropped === AWAY) return AWAY;
  }

  /** Notes who wrote what, before they are answered: for 10 s they are shown nothing older. */
  async note(wrote: readonly Wrote[]): Promise<void> {
    if (!wrote.length) return;
    const keys = wrote.map(({ writer, key }) => wroteOf(writer, key));
    const versions = wrote.map(({ version }) => version);
    await this.link.ask((redis) => redis.eval(NOTE, keys.length, ...keys, WROTE_MS, ...versions));
  }

  /**
   * The version that somebody wrote within the last 10 s, 0 when it is none. `AWAY` when that cannot be known: Redis is
   * away, or has not been there for that long, for it may have forgotten.
   */
  async wroteBy(writer: string, key: string): Promise<number | typeof AWAY> {
    const found = await this.link.ask((redis) => redis.mget(wroteOf(writer, key), SINCE));
    if (found === AWAY) return AWAY;
    const [wrote, since] = found;
    if (since === null || since === undefined) {
      await this.link.ask((redis) => redis.set(SINCE, Date.now(), 'NX'));
      return AWAY;
    }
    return Date.now() - Number(since) < WROTE_MS ? AWAY : Number(wrote ?? 0);
  }
}
