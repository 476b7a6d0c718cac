import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Policies } from '../domain/policy.js';
import type { Identify, RateLimiter } from '../rate-limiter.service.js';
import type { Plan } from '../subjects.registry.js';
import { limitsOf } from './limited.decorator.js';

type Done = (refusal?: Error) => void;

/** Asked for by machines that watch over this one, and by people reading. */
export const UNLIMITED = /^\/(health|metrics|docs|docs-json)([/?]|$)/;
const UNROUTED: Plan = { route: null, operation: null, priority: false, byAddress: true };

/**
 * Limits every request before anything of it is read. A hook of each route, since a guard would see neither bodies that
 * cannot be parsed nor paths that no route takes, and costs more. Call it before the routes are registered.
 */
export function throttleRequests(fastify: FastifyInstance, limiter: RateLimiter, identify: Identify): void {
  fastify.addHook('onRoute', (route) => {
    if (UNLIMITED.test(route.url)) return;
    const plan = planOf(route, limiter.policies);
    const hook = (request: FastifyRequest, reply: FastifyReply, done: Done) =>
      admit(limiter, request, reply, plan, identify, done);
    route.onRequest = [route.onRequest ?? []].flat().concat(hook);
  });
  // Routes have hooks of their own; a path without a route has only those of all.
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.is404) admitUnrouted(limiter, request, reply, done);
    else done();
  });
}

/** Counts a request that no route takes. */
export function admitUnrouted(
  limiter: RateLimiter,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done,
): void {
  if (UNLIMITED.test(request.url)) done();
  else limiter.admit(request.ip, null, UNROUTED, reply, done);
}

function admit(
  limiter: RateLimiter,
  request: FastifyRequest,
  reply: FastifyReply,
  plan: Plan,
  identify: Identify,
  done: Done,
): void {
  const caller = plan.byAddress ? null : identify(request);
  if (caller instanceof Promise) {
    caller.then((id) => limiter.admit(request.ip, id, plan, reply, done), done);
  } else limiter.admit(request.ip, caller, plan, reply, done);
}

function planOf({ method, url, config }: RouteOptions, policies: Policies): Plan {
  const { operation, priority = false, account = false } = limitsOf(config);
  // HEAD is GET without the body.
  const verb = [method].flat().find((name) => name !== 'HEAD') ?? 'GET';
  return {
    route: `${verb} ${url}`,
    operation: operation ? policies[operation] : null,
    priority,
    byAddress: account,
  };
}
