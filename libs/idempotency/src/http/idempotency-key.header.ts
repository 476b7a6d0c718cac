import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validationFailed } from '#libs/kernel';
import { fingerprintOf } from '../domain/fingerprint.js';
import type { Answer, IdempotentRequest } from '../domain/request.js';

/** What the edge knows of an idempotent request; the controller adds the caller, the service the slot. */
export type SentKey = Pick<IdempotentRequest, 'key' | 'fingerprint'>;

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** The header `Idempotency-Key` with the request's fingerprint, as `SentKey | null`: `@IdempotencyKey() sent`. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): SentKey | null =>
  sentKeyOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Null without the header; throws `validation_failed` when it is not 1 to 255 printable ASCII characters. */
export function sentKeyOf(
  request: Pick<FastifyRequest, 'headers' | 'method' | 'url' | 'body'>,
): SentKey | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !PRINTABLE.test(key)) {
    throw validationFailed([
      { path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' },
    ]);
  }
  return { key, fingerprint: fingerprintOf(request.method, request.url.split('?', 1)[0]!, request.body) };
}

/** Sets the answer's status, and `Idempotency-Replayed: true` for a stored one; returns the body to send. */
export function sendAnswer<Body>(reply: FastifyReply, answer: Answer<Body>): Body {
  reply.status(answer.status);
  if (answer.replayed) reply.header('Idempotency-Replayed', 'true');
  return answer.body;
}
