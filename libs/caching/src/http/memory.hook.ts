import type { INestApplicationContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AnswerCache } from '../answer-cache.service.js';
import { prepareAnswer } from './answer.reply.js';
import { type CachedRead, cachedReadOf } from './cached.read.js';

/**
 * Sends what is fresh in memory at once to a caller without credentials: no guard, pipe, interceptor or controller has
 * anything to add. Call it after the hooks of limits and before the routes are registered.
 */
export function answerFromMemory(fastify: FastifyInstance, app: INestApplicationContext): void {
  const cache = app.get(AnswerCache);
  fastify.addHook('onRoute', (route) => {
    const type = cachedReadOf(route.config);
    if (!type || ![route.method].flat().includes('GET')) return;
    const read = app.get<CachedRead>(type, { strict: false });
    const hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      if (!sendKept(cache, read, request, reply)) done();
    };
    route.onRequest = [route.onRequest ?? []].flat().concat(hook);
  });
}

function sendKept(
  cache: AnswerCache,
  read: CachedRead,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const { headers, method } = request.raw;
  if (method !== 'GET' || headers.authorization !== undefined || headers['x-api-key'] !== undefined)
    return false;
  const ask = read.askOf(request);
  const answer = ask && cache.peek(read, ask.key);
  if (!answer) return false;
  reply.send(prepareAnswer(request, reply, { answer, tier: 'l1' }));
  return true;
}
