import { createHash } from 'node:crypto';
import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiHeader } from '@nestjs/swagger';
import { refusals } from '#libs/kernel';
import { ApiProblems } from './problems.decorator.js';

/** A strong entity tag: `"<version>-<hash of the representation>"`, with its quotes. */
export function entityTag(version: number, body: unknown): string {
  return entityTagOf(version, JSON.stringify(body));
}

/** The same for a body that is JSON already. */
export function entityTagOf(version: number, json: string): string {
  const hash = createHash('sha256').update(json).digest('base64url').slice(0, 16);
  return `"${version}-${hash}"`;
}

/**
 * Answers with a resource and its ETag. A GET whose If-None-Match names that tag gets 304 and no body. Use with
 * `@Res({ passthrough: true })`.
 */
export function sendTagged<Body extends { version: number }>(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Body,
): Body | undefined {
  return sendUnlessKnown(request, reply, entityTag(body.version, body), () => body);
}

/** The same for a body that is worth making only when it is sent; whatever it holds follows from the tag. */
export function sendUnlessKnown<Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  make: () => Body,
): Body | undefined {
  reply.header('etag', tag);
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (!reading || !names(request.headers['if-none-match'], tag)) return make();
  reply.status(304);
  return undefined;
}

/** Whether If-None-Match names the tag; weak tags count too (RFC 9110, section 13.1.2). */
function names(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return [...header.matchAll(/"[^"]*"/g)].some(([sent]) => sent === tag);
}

/** The versions that the caller's If-Match accepts, or any (`*`). */
export type Expected = readonly number[] | 'any';

const TAGS = /^\s*(W\/)?"[^"]*"\s*(,\s*(W\/)?"[^"]*"\s*)*$/;

/** The header If-Match as `Expected`: `@IfMatch() expected`. 428 `precondition_required` without it. */
export const IfMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    expectedBy(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
  [describeIfMatch],
);

function describeIfMatch(target: object, name: string | symbol | undefined): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, name!)!;
  const description = 'The ETag of the version that the change is meant for.';
  ApiHeader({ name: 'If-Match', required: true, description, example: '"3-Q7vXbKt0hJm2sWcZ"' })(
    target,
    name!,
    descriptor,
  );
  ApiProblems(
    refusals,
    'malformed_request',
    'precondition_required',
    'version_conflict',
  )(target, name!, descriptor);
}

/** What an If-Match header accepts. Tags that are not ours, and weak ones, match no version. */
export function expectedBy(header: string | undefined): Expected {
  if (header === undefined) {
    throw refusals.precondition_required('Send If-Match with the ETag of the version that you have seen.');
  }
  if (header.trim() === '*') return 'any';
  if (!TAGS.test(header))
    throw refusals.malformed_request('If-Match must be * or a list of ETags in quotes.');
  return [...header.matchAll(/(W\/)?"(\d{1,15})-[^"]*"/g)]
    .filter((tag) => !tag[1])
    .map((tag) => Number(tag[2]));
}

/** Throws 412 `version_conflict` when the current version is not one that the caller accepts. */
export function requireExpected(expected: Expected, version: number): void {
  if (expected === 'any' || expected.includes(version)) return;
  throw refusals.version_conflict('This was changed since; read it again and repeat the change.', {
    version,
  });
}
