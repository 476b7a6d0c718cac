import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { BoundedPool } from './bounded.pool.js';

/** Argon2id as OWASP recommends it: 19 MiB, two passes, one lane. About 20 ms of a core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** libuv has four threads for everything; two stay free for files and names. */
const AT_ONCE = 2;
/** Some five seconds of work; beyond, waiting would outlast the callers' patience. */
const MOST_WAITING = 500;

/** Hashes and checks passwords, a few at a time; throws `overloaded` when too many wait. */
@Injectable()
export class Passwords {
  private readonly pool = new BoundedPool(AT_ONCE, MOST_WAITING);
  private readonly nobodys = hash(randomBytes(32), COST);

  /** The PHC string to store. */
  async hash(password: string): Promise<string> {
    return this.pool.run(() => hash(normalise(password), COST));
  }

  /** Whether the password is that of the hash. Without a hash it takes as long and says no. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    return this.pool.run(async () => {
      const right = await verify(stored ?? (await this.nobodys), normalise(password));
      return right && stored !== null;
    });
  }
}

/** The same password, however the keyboard composes its letters (NIST SP 800-63B, 3.1.1.2). */
function normalise(password: string): string {
  return password.normalize('NFKC');
}
