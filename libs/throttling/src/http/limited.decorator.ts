import { UseGuards, applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Operation } from '../domain/policy.js';
import { AccountThrottlerGuard } from './account-throttler.guard.js';

/** How a route is limited besides what holds for all. */
export interface Limits {
  /** What it does, where that has a limit of its own, whichever routes do it. */
  operation?: Operation;
  /** Checkout: has room when reads have used up theirs, and is served when reads are shed. */
  priority?: boolean;
  /** The member of the body that says what it is about, for routes whose path does not: no target may have the room of all. */
  target?: string;
  /** Limited by the account that the body's `email` names too, wherever the requests come from. */
  account?: boolean;
}

/** `@Limited({ operation: 'booking', priority: true })` on a controller's method. */
export function Limited(limits: Limits): MethodDecorator {
  const guards = limits.account ? [UseGuards(AccountThrottlerGuard)] : [];
  return applyDecorators(RouteConfig({ limits }), ...guards);
}

/** What the decorator left in Fastify's configuration of a route. */
export function limitsOf(config: unknown): Limits {
  return (config as { limits?: Limits } | undefined)?.limits ?? {};
}
