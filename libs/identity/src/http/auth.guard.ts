import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, refusals } from '#libs/kernel';
import { setTraceUser } from '#libs/tracing';
import { Authenticator } from '../authenticator.service.js';
import { type Caller, type Role, type RouteAccess, type Scope, judgeAccess } from '../domain/caller.js';
import { ACCESS, setCaller } from './access.decorators.js';
import { claimsOf } from './request.identity.js';

/** What a route asks of its caller, read from its decorators once. */
interface Route extends RouteAccess {
  anonymous: boolean;
}

/**
 * Every HTTP route is closed, unless its decorators open it. Sockets authenticate by message, in their gateway. Decides at once
 * when the token was recalled for limits: then nothing waits for a promise.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  /** By the controller's method. */
  private readonly routes = new Map<object, Route>();

  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const route = this.routeOf(context);
    if (route.anonymous) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const claims = claimsOf(request);
    if (!claims) return this.askAndEnter(route, request, reply);
    try {
      return enter(route, request, this.authenticator.callerOf(claims));
    } catch (error) {
      throw challenging(error, reply);
    }
  }

  private async askAndEnter(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { authorization, 'x-api-key': apiKey } = request.headers;
    try {
      const caller = await this.authenticator.authenticate({ authorization, apiKey: apiKey?.toString() });
      return enter(route, request, caller);
    } catch (error) {
      throw challenging(error, reply);
    }
  }

  private routeOf(context: ExecutionContext): Route {
    const handler = context.getHandler();
    let route = this.routes.get(handler);
    if (!route) {
      route = {
        anonymous: this.on(context, ACCESS.anonymous) ?? false,
        public: this.on(context, ACCESS.public) ?? false,
        roles: this.on<Role[]>(context, ACCESS.roles) ?? null,
        scopes: this.on<Scope[]>(context, ACCESS.scopes) ?? null,
      };
      this.routes.set(handler, route);
    }
    return route;
  }

  /** What a decorator left on the method, or else on the controller. */
  private on<T = boolean>(context: ExecutionContext, key: string): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}

function enter(route: Route, request: FastifyRequest, caller: Caller | null): true {
  if (caller) {
    setCaller(request, caller);
    setTraceUser(caller.publicId);
  }
  admit(route, caller);
  return true;
}

/** The error, after telling an unknown caller how to say who calls. */
function challenging(error: unknown, reply: FastifyReply): unknown {
  const unknown = error instanceof Refusal && error.kind.status === 401;
  if (unknown) reply.header('www-authenticate', 'Bearer realm="evently"');
  return error;
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
