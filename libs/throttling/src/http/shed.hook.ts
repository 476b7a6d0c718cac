import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refusals } from '#libs/kernel';
import { traceOf } from '#libs/tracing';
import { UsualTime } from '../domain/usual-time.js';
import type { LoadShedder } from '../load-shedder.service.js';
import { limitsOf } from './limited.decorator.js';
import { UNLIMITED } from './throttle.hook.js';

/** The client left first: how long it was worked on tells nothing. */
const worked = (reply: FastifyReply) => reply.raw.writableFinished && reply.raw.statusCode !== 429;

/**
 * Refuses what there is no room for, before its body is read and before it is known who calls. Call it after the hooks of
 * limits, which tell a caller how he stands even then, and of what is answered from memory, which costs no more than
 * to refuse it; and before the routes are registered.
 */
export function shedRequests(fastify: FastifyInstance, shedder: LoadShedder): void {
  fastify.addHook('onRoute', (route) => {
    if (UNLIMITED.test(route.url)) return;
    const { priority = false } = limitsOf(route.config);
    const usual = new UsualTime();
    const hook = (request: FastifyRequest, reply: FastifyReply, done: (refusal?: Error) => void) => {
      if (!shedder.enter(priority)) {
        return done(refusals.overloaded('Too many requests at once; nothing was done. Try again.'));
      }
      const began = traceOf(request.raw).startedAt;
      reply.raw.once('close', () => shedder.leave({ began, usual, worked: worked(reply) }));
      done();
    };
    route.onRequest = [route.onRequest ?? []].flat().concat(hook);
  });
}
