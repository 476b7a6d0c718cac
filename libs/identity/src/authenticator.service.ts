import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Refusal, formatId, refusals } from '#libs/kernel';
import { Master } from '#libs/sharding';
import { AccessChanges } from './access-changes.service.js';
import type { Caller } from './domain/caller.js';
import { type KeyGrant, findGrant } from './persistence/api-keys.repository.js';
import { type AccessClaims, Tokens } from './tokens.service.js';

/** The headers that say who is calling. */
export interface Credentials {
  authorization?: string | undefined;
  apiKey?: string | undefined;
}

const BEARER = 'Bearer ';
/** How long a key is good without asking the master, in milliseconds; its deletion is heard sooner. */
const KEY_CACHE_MS = 5000;

/** Who is calling. Looks at no database for access tokens, and every few seconds for an api key. */
@Injectable()
export class Authenticator {
  /** By SHA-256, so that no key lies in memory. While the master is away the last known grant goes on. */
  private readonly grants = new LRUCache<string, KeyGrant>({
    max: 10_000,
    ttl: KEY_CACHE_MS,
    fetchMethod: (hash, last) => this.readGrant(hash, last),
  });

  constructor(
    private readonly tokens: Tokens,
    private readonly changes: AccessChanges,
    private readonly master: Master,
  ) {}

  /** Null without credentials; throws `unauthenticated` for bad ones. */
  async authenticate({ authorization, apiKey }: Credentials): Promise<Caller | null> {
    if (authorization === undefined && apiKey === undefined) return null;
    if (authorization !== undefined && apiKey !== undefined) {
      throw refusals.unauthenticated('Send either Authorization or X-Api-Key, not both.');
    }
    if (apiKey !== undefined) return this.byKey(apiKey);
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization!) ?? [];
    if (!token) throw refusals.unauthenticated('Authorization must be "Bearer <access token>".');
    return this.byToken(token);
  }

  /** What the access token says that is the only credential, was seen before and is still good; undefined for all else. */
  recall({ authorization, 'x-api-key': apiKey }: IncomingHttpHeaders): AccessClaims | undefined {
    if (apiKey !== undefined || !authorization?.startsWith(BEARER)) return undefined;
    return this.tokens.recall(authorization.slice(BEARER.length));
  }

  /**
   * Who calls, for limits, where `recall` does not know: `user:<id>` for a good token, `key:<hash>` for whatever key is sent
   * (whether it is good would have to be asked), else null. At once but for a token. No database is asked.
   */
  identify({
    authorization,
    'x-api-key': apiKey,
  }: IncomingHttpHeaders): string | null | Promise<string | null> {
    if (apiKey !== undefined) return `key:${hashOfKey(apiKey.toString()).toString('base64url')}`;
    if (!authorization?.startsWith(BEARER)) return null;
    const token = authorization.slice(BEARER.length);
    return this.tokens.verifyAccess(token).then((claims) => claims && claims.countedAs);
  }

  /** The caller with this access token; throws `unauthenticated`. */
  async byToken(token: string): Promise<Caller> {
    const claims = await this.tokens.verifyAccess(token);
    if (!claims) throw refusals.unauthenticated('The access token is not valid, or not any more.');
    return this.callerOf(claims);
  }

  /** The caller with a token that says so, and is good; throws `unauthenticated` when the session was ended. */
  callerOf(claims: AccessClaims): Caller {
    const { userId, publicId, sessionId, expiresAt } = claims;
    if (this.changes.list.hasEnded(sessionId)) {
      throw refusals.unauthenticated('The session was ended; sign in again.');
    }
    const { role, organizationId } = this.changes.list.standingOf(userId, claims);
    return { userId, role, organizationId, scopes: null, sessionId, callerId: userId, publicId, expiresAt };
  }

  private async byKey(key: string): Promise<Caller> {
    const grant = await this.grants.fetch(hashOfKey(key).toString('base64'));
    if (!grant || this.changes.list.hasEnded(grant.keyId) || !this.isOrganizer(grant)) {
      throw refusals.unauthenticated('The api key is not valid, or not any more.');
    }
    const { keyId: callerId, userId, organizationId, scopes } = grant;
    const publicId = formatId('apiKey', callerId);
    const role = 'organizer';
    return { userId, role, organizationId, scopes, sessionId: null, callerId, publicId, expiresAt: null };
  }

  private isOrganizer({ userId, standing }: KeyGrant): boolean {
    return this.changes.list.standingOf(userId, standing).role !== 'attendee';
  }

  private async readGrant(hash: string, last: KeyGrant | undefined): Promise<KeyGrant | undefined> {
    const bytes = new Uint8Array(Buffer.from(hash, 'base64'));
    try {
      return (await this.master.onPrimary(({ prisma }) => findGrant(prisma, bytes))) ?? undefined;
    } catch (error) {
      if (last && error instanceof Refusal) return last;
      throw error;
    }
  }
}

/** What is stored of an api key. */
export function hashOfKey(key: string): Buffer<ArrayBuffer> {
  return createHash('sha256').update(key).digest();
}
