import { Injectable } from '@nestjs/common';
import { type JWTPayload, type JWTVerifyResult, SignJWT, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { type Config, InjectConfig } from '#libs/config';
import { formatId, parseId } from '#libs/kernel';
import type { Standing } from './domain/access-list.js';
import { ROLES, type Role } from './domain/caller.js';
import type { User } from './domain/user.js';

/** What a good access token says. Ids are UUIDs, `expiresAt` milliseconds since 1970. */
export interface AccessClaims extends Standing {
  userId: string;
  /** The same as clients see it. */
  publicId: string;
  /** What its requests count against: `user:<id>`. */
  countedAs: string;
  sessionId: string;
  expiresAt: number;
}

/** What a good refresh token says. */
export interface RefreshClaims {
  sessionId: string;
  generation: number;
}

const ISSUER = 'evently';
const ACCESS = { typ: 'at+jwt', audience: 'evently-api' };
const REFRESH = { typ: 'rt+jwt', audience: 'evently-refresh' };
/** How far the clocks of two machines may be apart, in seconds, before a token is from the future. */
const CLOCK_SKEW = 5;
/** Checking a signature costs 26 µs, looking it up one. A token takes 1 kB, so these 30 MB; a crowd for one event may be 20,000. */
const REMEMBERED = 30_000;

/**
 * Access tokens (RFC 9068, minus what a single issuer does not need) and refresh tokens, both signed with HS256.
 * They differ in type and audience, so neither passes for the other.
 */
@Injectable()
export class Tokens {
  private readonly key: Uint8Array;
  private readonly verified = new LRUCache<string, AccessClaims>({ max: REMEMBERED });

  constructor(@InjectConfig() private readonly config: Config) {
    this.key = new TextEncoder().encode(config.auth.jwtSecret);
  }

  /** Seconds that an access token lives. */
  get accessSeconds(): number {
    return this.config.auth.accessSeconds;
  }

  signAccess(user: User, sessionId: string): Promise<string> {
    const claims = {
      role: user.role,
      organization: user.organizationId && formatId('organization', user.organizationId),
      sid: sessionId,
      version: user.version,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: ACCESS.typ })
      .setIssuer(ISSUER)
      .setAudience(ACCESS.audience)
      .setSubject(formatId('user', user.id))
      .setIssuedAt()
      .setExpirationTime(`${this.accessSeconds} s`)
      .sign(this.key);
  }

  /** Null for a token that is forged, expired, from the future, cut off, or meant for something else. */
  async verifyAccess(token: string): Promise<AccessClaims | null> {
    const known = this.verified.get(token);
    const claims = known ?? accessClaimsOf(await this.verify(token, ACCESS));
    if (!claims || claims.expiresAt <= Date.now()) return null;
    if (!known) this.verified.set(token, claims);
    return claims;
  }

  /** What a token says that was verified before and is still good; undefined for any other. */
  recall(token: string): AccessClaims | undefined {
    const claims = this.verified.get(token);
    return claims && claims.expiresAt > Date.now() ? claims : undefined;
  }

  signRefresh(sessionId: string, generation: number, expiresAt: Date): Promise<string> {
    return new SignJWT({ sid: sessionId, generation })
      .setProtectedHeader({ alg: 'HS256', typ: REFRESH.typ })
      .setIssuer(ISSUER)
      .setAudience(REFRESH.audience)
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(this.key);
  }

  /** Null for anything but a refresh token of ours that has not expired. */
  async verifyRefresh(token: string): Promise<RefreshClaims | null> {
    const payload = await this.verify(token, REFRESH);
    if (typeof payload?.sid !== 'string' || typeof payload.generation !== 'number') return null;
    return { sessionId: payload.sid, generation: payload.generation };
  }

  private async verify(token: string, kind: typeof ACCESS): Promise<JWTPayload | null> {
    let result: JWTVerifyResult;
    try {
      result = await jwtVerify(token, this.key, {
        ...kind,
        algorithms: ['HS256'],
        issuer: ISSUER,
        requiredClaims: ['iat', 'exp'],
      });
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
    return result.payload.iat! > Date.now() / 1000 + CLOCK_SKEW ? null : result.payload;
  }
}

function accessClaimsOf(payload: JWTPayload | null): AccessClaims | null {
  const userId = parseId('user', payload?.sub);
  const { role, organization, sid, version, exp } = payload ?? {};
  if (!userId || typeof sid !== 'string' || typeof version !== 'number') return null;
  if (!ROLES.includes(role as Role)) return null;
  const organizationId = parseId('organization', organization);
  const publicId = payload!.sub!;
  return {
    userId,
    publicId,
    countedAs: `user:${userId}`,
    role: role as Role,
    organizationId,
    sessionId: sid,
    version,
    expiresAt: exp! * 1000,
  };
}
