import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendUnlessKnown } from '#libs/problem';
import { traceOf } from '#libs/tracing';
import type { Served } from '../domain/view.js';

/** The body to send with its ETag; nothing for a caller who has it (304). Tells the tier in Server-Timing. */
export function prepareAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { answer, tier }: Served,
): Buffer | undefined {
  traceOf(request.raw).cache = tier;
  return sendUnlessKnown(request, reply, answer.tag, () => {
    reply.header('content-type', 'application/json; charset=utf-8');
    return answer.body;
  });
}
