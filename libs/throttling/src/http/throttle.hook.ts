import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { rateLimitHeaders } from '../domain/policy.js';
import type { RateLimiter } from '../rate-limiter.service.js';
import { rateLimited } from '../throttling.errors.js';

/** Asked for by machines that watch over this one, and by people reading. */
const UNLIMITED = /^\/(health|metrics|docs|docs-json)([/?]|$)/;

/**
 * Limits every request by address before anything of it is read, also those that no route takes. A hook, since a
 * guard would see neither those nor bodies that cannot be parsed.
 */
export function throttleRequests(fastify: FastifyInstance, limiter: RateLimiter): void {
  fastify.addHook('onRequest', (request, reply) => admit(limiter, request, reply));
}

/** Counts the request and tells how the limits stand; throws `rate_limited` past one. */
export async function admit(
  limiter: RateLimiter,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (UNLIMITED.test(request.url)) return;
  const pattern = request.routeOptions.url;
  const standings = await limiter.count(request.ip, pattern ? `${request.method} ${pattern}` : null);
  reply.headers(rateLimitHeaders(standings));
  if (standings.some(({ refused }) => refused)) throw rateLimited(standings);
}
