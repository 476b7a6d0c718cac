import { createHash } from 'node:crypto';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { RateLimiter } from '../rate-limiter.service.js';
import { rateLimited } from '../throttling.errors.js';

/**
 * Nest's guard, by account: the tries at one account together, from however many addresses. A guard, since only the
 * body says which account it is.
 */
@Injectable()
export class AccountThrottlerGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
  ) {
    super(options, storage, reflector);
  }

  /** Without an email the body is not valid, and nobody's account is tried. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(emailIn(context.switchToHttp().getRequest<object>()) === null);
  }

  /** A hash, so that no address of a person lies in Redis. */
  protected override getTracker(request: object): Promise<string> {
    return Promise.resolve(createHash('sha256').update(emailIn(request)!).digest('base64url'));
  }

  protected override generateKey(_context: ExecutionContext, account: string): string {
    return `account:${account}`;
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    this.limiter.noteRefusal('account');
    throw rateLimited(['account'], timeToBlockExpire);
  }
}

function emailIn(request: object): string | null {
  const email = (request as { body?: { email?: unknown } | null }).body?.email;
  return typeof email === 'string' && email !== '' ? email.trim().toLowerCase() : null;
}
