import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { refusals } from '#libs/kernel';
import { serverTiming, traceHeaders, traceOf } from '#libs/tracing';
import type { UsualTime } from '../domain/usual-time.js';
import { peekMember } from './body.peek.js';

/** What is known of a route. */
export interface Shedding {
  priority: boolean;
  /** Parameter of the path that says what a request is about, or else member of its body. */
  parameter?: string | undefined;
  member?: string | undefined;
  usual: UsualTime;
}

/** Whether there was room for a request. */
export type Enter = (
  request: IncomingMessage,
  response: ServerResponse,
  shedding: Shedding,
  target: string | null,
) => boolean;

const ID = /\/([a-z]{3}_[0-9a-z]{26})(?=\/|$)/;
const { status, title, retryAfter } = refusals.kinds.overloaded;
const COME_AGAIN = String(retryAfter);
const PROBLEM = {
  type: '/docs/problems#overloaded',
  title,
  status,
  detail: 'Too many requests at once; nothing was done. Try again.',
  code: 'overloaded',
};

/**
 * Stands before everything else, router, limits, trace and log, and refuses there what there is no room for in a flood: what
 * refusals cost is missing for those who are served.
 * @param guarded what is known of the routes to be looked at here, by method and path, as `POST /v1/holds/:id`; null outside a flood
 */
export function guardDoor(
  server: Server,
  guarded: () => ReadonlyMap<string, Shedding> | null,
  enter: Enter,
): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const pass = () => {
      for (const listener of listeners) listener.call(server, request, response);
    };
    const routes = guarded();
    if (!routes) return pass();
    const path = request.url!.split('?', 1)[0]!;
    const id = ID.exec(path);
    const shedding = routes.get(`${request.method} ${id ? path.replace(id[1]!, ':id') : path}`);
    if (!shedding) return pass();
    const decide = (target: string | null) => {
      if (enter(request, response, shedding, target)) pass();
      else refuse(request, response, path);
    };
    if (shedding.member === undefined) decide(id?.[1] ?? null);
    else peekMember(request, shedding.member, decide);
  });
}

function refuse(request: IncomingMessage, response: ServerResponse, instance: string): void {
  const trace = traceOf(request);
  const body = JSON.stringify({ ...PROBLEM, instance, traceId: trace.traceId });
  response.writeHead(status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'retry-after': COME_AGAIN,
    'server-timing': serverTiming(trace),
    ...traceHeaders(trace),
  });
  response.end(body);
}
