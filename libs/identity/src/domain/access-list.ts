import type { Role } from './caller.js';

/** What living access tokens and api keys must feel. Ids are UUIDs. */
export type AccessChange =
  | { kind: 'role'; userId: string; version: number; role: Role; organizationId: string | null }
  | { kind: 'session'; userId: string; sessionId: string }
  | { kind: 'key'; userId: string; keyId: string };

/** What a credential said about its user when it was made, or what is known by now. */
export interface Standing {
  version: number;
  role: Role;
  organizationId: string | null;
}

/**
 * The changes of access that are younger than an access token can be, in memory, so that judging a token touches
 * no database. Applying a change twice, or changes out of order, makes no difference.
 */
export class AccessList {
  private readonly standings = new Map<string, Standing & { until: number }>();
  /** Revoked sessions and deleted keys; the value is when they may be forgotten. */
  private readonly ended = new Map<string, number>();

  /** @param rememberMs at least as long as an access token lives and an api key is cached */
  constructor(private readonly rememberMs: number) {}

  apply(change: AccessChange, nowMs: number): void {
    const until = nowMs + this.rememberMs;
    if (change.kind === 'session') this.ended.set(change.sessionId, until);
    else if (change.kind === 'key') this.ended.set(change.keyId, until);
    else if ((this.standings.get(change.userId)?.version ?? 0) < change.version) {
      const { version, role, organizationId } = change;
      this.standings.set(change.userId, { version, role, organizationId, until });
    }
  }

  /** Whether the session was revoked or the key deleted. */
  hasEnded(id: string): boolean {
    return this.ended.has(id);
  }

  /** The newer of what the credential says and what was heard since. */
  standingOf(userId: string, said: Standing): Standing {
    const known = this.standings.get(userId);
    return known && known.version > said.version ? known : said;
  }

  /** Forgets what no living token can need any more. */
  prune(nowMs: number): void {
    for (const [id, until] of this.ended) if (until <= nowMs) this.ended.delete(id);
    for (const [id, { until }] of this.standings) if (until <= nowMs) this.standings.delete(id);
  }

  get size(): number {
    return this.ended.size + this.standings.size;
  }
}
