import { Inject, Injectable } from '@nestjs/common';
import { type ThrottlerStorage, getOptionsToken, getStorageToken } from '@nestjs/throttler';
import type { Policy, Standing } from './domain/policy.js';
import { subscriberOf } from './domain/address.js';

/** Counts what each address asks for. */
@Injectable()
export class RateLimiter {
  constructor(
    @Inject(getOptionsToken()) private readonly options: { throttlers: Policy[] },
    @Inject(getStorageToken()) private readonly storage: ThrottlerStorage,
  ) {}

  /** Counts a request to a route (`POST /v1/auth/login`; null for a path without one) under each policy that binds it. */
  async count(address: string, route: string | null): Promise<Standing[]> {
    const policies = this.options.throttlers.filter(
      ({ routes }) => !routes || (route !== null && routes.includes(route)),
    );
    const subscriber = subscriberOf(address);
    return Promise.all(policies.map((policy) => this.countUnder(policy, subscriber)));
  }

  private async countUnder(policy: Policy, subscriber: string): Promise<Standing> {
    const { name, limit, ttl } = policy;
    const record = await this.storage.increment(`${name}:${subscriber}`, ttl, limit, 0, name);
    const remaining = Math.max(0, limit - record.totalHits);
    return { policy, remaining, reset: record.timeToExpire, refused: record.isBlocked };
  }
}
