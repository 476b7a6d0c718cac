import type { FastifyRequest } from 'fastify';
import { Quota, SAMPLES_A_SECOND } from '../domain/quota.js';

/** Asked for all the time by machines: logged only at level `debug`, never kept. */
const ROUTINE = /^\/(health|metrics)(\/|$)/;

/** A route with one of its methods, as tracing knows it. */
export class TracedRoute {
  /** `GET /v1/events/:id` */
  readonly name: string;
  readonly routine: boolean;
  readonly samples = new Quota(SAMPLES_A_SECOND);

  constructor(
    readonly method: string,
    /** Its pattern; `unmatched` for what no route takes. */
    readonly pattern: string,
  ) {
    this.name = `${method} ${pattern}`;
    this.routine = ROUTINE.test(pattern);
  }
}

/** Finds the route of a request by what Fastify holds of it, which is one object a route. */
export class TracedRoutes {
  private readonly known = new Map<unknown, Map<string, TracedRoute>>();

  of(request: FastifyRequest): TracedRoute {
    // A getter that makes a new object each time.
    const { config, url } = request.routeOptions;
    let methods = this.known.get(config);
    if (!methods) this.known.set(config, (methods = new Map<string, TracedRoute>()));
    let route = methods.get(request.method);
    if (!route) methods.set(request.method, (route = new TracedRoute(request.method, url ?? 'unmatched')));
    return route;
  }
}
