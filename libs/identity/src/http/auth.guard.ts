import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, refusals } from '#libs/kernel';
import { setTraceUser } from '#libs/tracing';
import { Authenticator } from '../authenticator.service.js';
import { type Caller, type Role, type RouteAccess, type Scope, judgeAccess } from '../domain/caller.js';
import { ACCESS, setCaller } from './access.decorators.js';

/** Every HTTP route is closed, unless its decorators open it. Sockets authenticate by message, in their gateway. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http' || this.on(context, ACCESS.anonymous)) return true;
    const route = this.accessOf(context);
    const http = context.switchToHttp();
    try {
      const caller = await this.identify(http.getRequest<FastifyRequest>());
      admit(route, caller);
    } catch (error) {
      const unknown = error instanceof Refusal && error.kind.status === 401;
      if (unknown) http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer realm="evently"');
      throw error;
    }
    return true;
  }

  private async identify(request: FastifyRequest): Promise<Caller | null> {
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const caller = await this.authenticator.authenticate({ authorization, apiKey: apiKey?.toString() });
    if (caller) {
      setCaller(request, caller);
      setTraceUser(caller.publicId);
    }
    return caller;
  }

  private accessOf(context: ExecutionContext): RouteAccess {
    return {
      public: this.on(context, ACCESS.public) ?? false,
      roles: this.on<Role[]>(context, ACCESS.roles) ?? null,
      scopes: this.on<Scope[]>(context, ACCESS.scopes) ?? null,
    };
  }

  /** What a decorator left on the method, or else on the controller. */
  private on<T = boolean>(context: ExecutionContext, key: string): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}

function admit(route: RouteAccess, caller: Caller | null): void {
  const verdict = judgeAccess(route, caller);
  if (verdict === 'unauthenticated') {
    throw refusals.unauthenticated(
      'Send an access token (Authorization: Bearer …) or an api key (X-Api-Key).',
    );
  }
  if (verdict === 'forbidden') throw refusals.forbidden(reasonOf(route, caller!));
}

function reasonOf(route: RouteAccess, { scopes }: Caller): string {
  if (scopes && !route.scopes) return 'Api keys may not do this.';
  if (scopes && route.scopes?.some((scope) => !scopes.includes(scope))) {
    return `The api key lacks a scope: ${route.scopes.join(', ')} are needed.`;
  }
  return 'Your role may not do this.';
}
