import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { cachedReadOf } from '#libs/caching';
import { refusals } from '#libs/kernel';
import { traceOf } from '#libs/tracing';
import { UsualTime } from '../domain/usual-time.js';
import type { LoadShedder } from '../load-shedder.service.js';
import { type House, type Shedding, guardDoor } from './door.guard.js';
import { limitsOf } from './limited.decorator.js';
import { UNLIMITED } from './throttle.hook.js';

const PARAMETER = /:(\w+)/;

/** The client left first: how long it was worked on tells nothing. */
const worked = (response: ServerResponse) => response.writableFinished && response.statusCode !== 429;

/**
 * Refuses what there is no room for, before its body is read and before it is known who calls. Call it after the hooks of
 * limits, which tell a caller how he stands even then, and of what is answered from memory, which costs no more than
 * to refuse it; and before the routes are registered. In a flood the door refuses most before they come so far.
 * @param isOpen whether answers may leave their connections open
 */
export function shedRequests(fastify: FastifyInstance, shedder: LoadShedder, isOpen: () => boolean): void {
  const inside = new WeakSet<IncomingMessage>();
  const atTheDoor = new Map<string, Shedding>();
  const enter: House['enter'] = (request, response, { priority, usual }, target) => {
    if (!shedder.enter(priority, target)) return false;
    inside.add(request);
    const began = traceOf(request).startedAt;
    response.once('close', () => shedder.leave({ began, usual, target, worked: worked(response) }));
    return true;
  };
  fastify.addHook('onRoute', (route) => {
    if (UNLIMITED.test(route.url)) return;
    const { priority = false, target: member } = limitsOf(route.config);
    const shedding = { priority, parameter: PARAMETER.exec(route.url)?.[1], member, usual: new UsualTime() };
    if (!cachedReadOf(route.config)) {
      for (const method of [route.method].flat()) atTheDoor.set(`${method} ${route.url}`, shedding);
    }
    const hook = (request: FastifyRequest, reply: FastifyReply, done: (refusal?: Error) => void) => {
      if (inside.has(request.raw)) return done();
      // Who left while the limits were asked will not leave again, and would keep the place.
      if (reply.raw.destroyed) return;
      if (enter(request.raw, reply.raw, shedding, targetIn(request, shedding))) done();
      else done(refusals.overloaded('Too many requests at once; nothing was done. Try again.'));
    };
    route.onRequest = [route.onRequest ?? []].flat().concat(hook);
  });
  guardDoor(fastify.server, {
    guarded: () => (shedder.crowded && isOpen() ? atTheDoor : null),
    enter,
    isFull: ({ priority }, target) => shedder.refuses(priority, target),
  });
}

function targetIn(request: FastifyRequest, { parameter }: Shedding): string | null {
  return parameter === undefined ? null : ((request.params as Record<string, string>)[parameter] ?? null);
}
