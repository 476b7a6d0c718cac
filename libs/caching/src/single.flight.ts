import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AWAY, RedisLink } from './redis.link.js';

/** How long a process may take to read an answer before another one tries. */
const LEASE_MS = 2000;

const flightOf = (key: string) => `evently:cache:flight:${key}`;

// In: a flight; a token. Effect: the flight is over, if it is still the token's.
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** Lets one process at a time read the database for a key. It saves work and protects nothing: leases end by themselves. */
@Injectable()
export class SingleFlight {
  constructor(private readonly link: RedisLink) {}

  /** What ends the flight that this process may begin now; null when another one is under way. */
  async begin(key: string): Promise<(() => void) | null | typeof AWAY> {
    const token = randomUUID();
    const name = flightOf(key);
    const begun = await this.link.ask((redis) => redis.set(name, token, 'PX', LEASE_MS, 'NX'));
    if (begun === AWAY) return AWAY;
    if (begun !== 'OK') return null;
    return () => void this.link.ask((redis) => redis.eval(RELEASE, 1, name, token));
  }
}
