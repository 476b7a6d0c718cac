import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Refusal, refusals } from '#libs/kernel';
import { openTrace } from '#libs/tracing';
import { PROBLEM_TYPE, problemOf } from '../domain/problem.js';
import { drain } from './body.drain.js';
import { refusalOf } from './error.mapping.js';

const log = new Logger('Problem');

/** Answers with the problem that an error amounts to; a bug is logged with its stack and told without detail. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error) ?? bug(error);
  const trace = openTrace(request, reply);
  trace.problem = refusal.code;
  if (reply.sent || reply.raw.headersSent) {
    // The answer had begun: cutting it off is the only way left to say that it is not whole.
    reply.raw.destroy();
    return;
  }
  // Fastify closes the connection after a body that it could not parse, read or not.
  if (reply.getHeader('connection') === 'close') void drainThenSend(refusal, request, reply, trace.traceId);
  else send(refusal, request, reply, trace.traceId);
}

async function drainThenSend(
  refusal: Refusal,
  request: FastifyRequest,
  reply: FastifyReply,
  traceId: string,
): Promise<void> {
  if (await drain(request.raw)) reply.removeHeader('connection');
  send(refusal, request, reply, traceId);
}

function send(refusal: Refusal, request: FastifyRequest, reply: FastifyReply, traceId: string): void {
  const { status, retryAfter } = refusal.kind;
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  const instance = request.url.split('?', 1)[0]!;
  reply
    .status(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problemOf(refusal, instance, traceId)));
}

function bug(error: unknown): Refusal {
  log.error(error instanceof Error ? error : new Error(`thrown: ${String(error)}`));
  return refusals.internal_error('Something went wrong here; quote the traceId when you report it.');
}
