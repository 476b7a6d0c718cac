import { HttpException } from '@nestjs/common';
import { Refusal, type RefusalMaker, refusals } from '#libs/kernel';
import { codeOf, isUnavailable } from '#libs/sharding';

/** Fastify's error codes (https://fastify.dev/docs/latest/Reference/Errors/) that a client can cause. */
const FASTIFY: Record<string, () => Refusal> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => refusals.payload_too_large('The body is larger than this route takes.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => refusals.unsupported_media_type('Send the body as application/json.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    refusals.malformed_request('The body is not as long as Content-Length says.'),
  FST_ERR_BAD_URL: () => refusals.malformed_request('The path has a percent sign that encodes nothing.'),
  // Only ids are this long.
  FST_ERR_MAX_PARAM_LENGTH: () => refusals.not_found('There is nothing with this id.'),
};

/** SQLSTATEs of a transaction that was rolled back because of others: a lock not had in time, a deadlock, a conflict. */
const CONTENDED = new Set(['55P03', '40P01', '40001']);

/** What Nest and other libraries mean by a status. */
const BY_STATUS: Record<number, RefusalMaker> = {
  400: refusals.malformed_request,
  401: refusals.unauthenticated,
  403: refusals.forbidden,
  404: refusals.not_found,
  405: refusals.method_not_allowed,
  409: refusals.invalid_state,
  413: refusals.payload_too_large,
  415: refusals.unsupported_media_type,
  422: refusals.validation_failed,
  429: refusals.rate_limited,
  503: refusals.service_unavailable,
};

/** The refusal that an error amounts to; null for a bug. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  const cause = error instanceof HttpException ? error.cause : error;
  const known = FASTIFY[(cause as { code?: string } | undefined)?.code ?? ''];
  if (known) return known();
  if (error instanceof HttpException) return BY_STATUS[error.getStatus()]?.(`${error.message}.`) ?? null;
  if (isUnavailable(error)) return refusals.service_unavailable('A database is away; try again shortly.');
  if (CONTENDED.has(codeOf(error) ?? ''))
    return refusals.overloaded('Too many want the same at once; try again.');
  return null;
}
