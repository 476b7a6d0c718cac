import type { FastifyRequest } from 'fastify';
import type { Authenticator } from '../authenticator.service.js';
import type { AccessClaims } from '../tokens.service.js';

const CLAIMS = Symbol('claims');
type Recalled = FastifyRequest & { [CLAIMS]?: AccessClaims };

/** Tells limits who calls, and leaves what a token says with the request, so that the guard need not look it up again. */
export function identifyBy(authenticator: Authenticator) {
  return (request: Recalled): string | null | Promise<string | null> => {
    const claims = (request[CLAIMS] = authenticator.recall(request.headers));
    return claims ? claims.countedAs : authenticator.identify(request.headers);
  };
}

/** What the token of a request says, if that was found so and is still good; undefined otherwise. */
export function claimsOf(request: Recalled): AccessClaims | undefined {
  const claims = request[CLAIMS];
  return claims && claims.expiresAt > Date.now() ? claims : undefined;
}
