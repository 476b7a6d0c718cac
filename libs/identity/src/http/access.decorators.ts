import { type ExecutionContext, SetMetadata, createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller, Role, Scope } from '../domain/caller.js';

/** Keys of what the decorators leave on a controller or a method, for the guard and the OpenAPI document. */
export const ACCESS = {
  public: 'access:public',
  anonymous: 'access:anonymous',
  roles: 'access:roles',
  scopes: 'access:scopes',
};

/** The names of the two ways to say who calls, in the OpenAPI document. */
export const SECURITY = { bearer: 'accessToken', apiKey: 'apiKey' };

/** Anybody may call it. Credentials are not needed, but bad ones are refused. */
export const Public = () => SetMetadata(ACCESS.public, true);

/** Anybody may call it, and credentials are not looked at: signing in with an expired token still in a header. */
export const Anonymous = () => SetMetadata(ACCESS.anonymous, true);

/** Only for these roles; an admin may do whatever an organizer may. Without it every signed-in user may. */
export const Roles = (...roles: Role[]) => SetMetadata(ACCESS.roles, roles);

/** Open to api keys that have all these scopes. Without it an api key may not call a route that is not public. */
export const Scopes = (...scopes: Scope[]) => SetMetadata(ACCESS.scopes, scopes);

/** Who is calling, on a route that is not public: `@CurrentCaller() caller: Caller`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
  if (!caller) throw new Error('a public route asked for @CurrentCaller(): use @OptionalCaller()');
  return caller;
});

/** Who is calling, on a public route; null when nobody said: `@OptionalCaller() caller: Caller | null`. */
export const OptionalCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller | null =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

const CALLER = Symbol('caller');
/** A weak map would be ten times as dear as the rest of the guard. */
type Authenticated = FastifyRequest & { [CALLER]?: Caller };

/** What the guard found out about a request. */
export function callerOf(request: Authenticated): Caller | null {
  return request[CALLER] ?? null;
}

export function setCaller(request: Authenticated, caller: Caller): void {
  request[CALLER] = caller;
}
