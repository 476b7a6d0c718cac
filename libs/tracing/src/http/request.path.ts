import type { FastifyRequest } from 'fastify';

const PUBLIC_ID = /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/;
const LONGEST = 200;
/** Words of paths are shorter, tokens and codes are longer. */
const LONG_PART = /[^/]{25,}/g;

/**
 * A request's path as logs and traces may have it: without its query, and with nothing but public ids in place of its
 * parameters, since others may be secrets (the code of a ticket opens the door).
 */
export function tellablePath(request: FastifyRequest): string {
  const pattern = request.routeOptions.url;
  // What no route takes may be a mistyped link with a token in it.
  if (pattern === undefined) return request.url.split('?', 1)[0]!.slice(0, LONGEST).replace(LONG_PART, '…');
  if (!pattern.includes(':')) return pattern;
  const params = request.params as Record<string, string | undefined>;
  return pattern.replace(/:(\w+)/g, (name) => {
    const value = params[name.slice(1)];
    return value !== undefined && PUBLIC_ID.test(value) ? value : name;
  });
}
