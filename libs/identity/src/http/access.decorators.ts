import { type ExecutionContext, SetMetadata, applyDecorators, createParamDecorator } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Caller, Role, Scope } from '../domain/caller.js';

/** Keys of what the decorators leave on a controller or a method, for the guard. */
export const ACCESS = {
  public: 'access:public',
  anonymous: 'access:anonymous',
  roles: 'access:roles',
  scopes: 'access:scopes',
};

/** The names of the two schemes in the OpenAPI document, whose default is the bearer token. */
export const SECURITY = { bearer: 'accessToken', apiKey: 'apiKey' };

/** Anybody may call it. Credentials are not needed, but bad ones are refused. */
export const Public = () => applyDecorators(SetMetadata(ACCESS.public, true), ApiSecurity({}));

/** Anybody may call it, and credentials are not looked at: signing in with an expired token still in a header. */
export const Anonymous = () => applyDecorators(SetMetadata(ACCESS.anonymous, true), ApiSecurity({}));

/** Only for these roles; an admin may do whatever an organizer may. Without it every signed-in user may. */
export const Roles = (...roles: Role[]) => SetMetadata(ACCESS.roles, roles);

/** Open to api keys that have all these scopes. Without it an api key may not call a route that is not public. */
export const Scopes = (...scopes: Scope[]) =>
  applyDecorators(
    SetMetadata(ACCESS.scopes, scopes),
    ApiBearerAuth(SECURITY.bearer),
    ApiSecurity(SECURITY.apiKey),
    ApiExtension('x-scopes', scopes),
  );

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

const callers = new WeakMap<object, Caller>();

/** What the guard found out about a request. */
export function callerOf(request: FastifyRequest): Caller | null {
  return callers.get(request) ?? null;
}

export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}
