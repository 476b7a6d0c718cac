import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { refusals } from '#libs/kernel';
import { type Trace, formatTraceparent, traceHeaders, traceOf, traceOfHeaders } from '#libs/tracing';
import type { UsualTime } from '../domain/usual-time.js';
import { memberIn, peekMember } from './body.peek.js';
import { TakenConnections } from './taken.connections.js';
import type { WholeRequest } from './whole.request.js';

/** What is known of a route. */
export interface Shedding {
  priority: boolean;
  /** Parameter of the path that says what a request is about, or else member of its body. */
  parameter?: string | undefined;
  member?: string | undefined;
  usual: UsualTime;
}

/** What stands behind the door. */
export interface House {
  /** What is known of the routes to be looked at here, by method and path, as `POST /v1/holds/:id`; null outside a flood. */
  guarded(): ReadonlyMap<string, Shedding> | null;
  /** Whether there was room for a request, which then has it. */
  enter(
    request: IncomingMessage,
    response: ServerResponse,
    shedding: Shedding,
    target: string | null,
  ): boolean;
  /** Whether there is none, in which case one was refused. */
  isFull(shedding: Shedding, target: string | null): boolean;
}

const ID = /\/([a-z]{3}_[0-9a-z]{26})(?=\/|$)/;
const { status, title, retryAfter } = refusals.kinds.overloaded;
const PROBLEM = JSON.stringify({
  type: '/docs/problems#overloaded',
  title,
  status,
  detail: 'Too many requests at once; nothing was done. Try again.',
  code: 'overloaded',
}).slice(0, -1);
/** What each refusal says; nothing took any time. */
const HEADERS = {
  'content-type': 'application/problem+json; charset=utf-8',
  'retry-after': String(retryAfter),
  'server-timing': 'total;dur=0.0',
};
const HEAD = [`HTTP/1.1 ${status} Service Unavailable`]
  .concat(Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`))
  .join('\r\n');

/**
 * Stands before everything else, router, limits, trace and log, and refuses there what there is no room for in a flood: what
 * refusals cost is missing for those who are served. With the first of them all connections are taken, until the flood is over, and
 * requests refused before http even reads them.
 * @param looksATurn how many of these the event loop looks at before others have their turn
 */
export function guardDoor(server: Server, house: House, looksATurn?: number): void {
  const listeners = server.listeners('request') as RequestListener[];
  const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(server.keepAliveTimeout / 1000)}`;
  const connections = new TakenConnections(
    server,
    () => house.guarded() !== null,
    (request) => refusalOnTheWire(house, request, keepAlive),
    looksATurn,
  );
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const pass = () => {
      for (const listener of listeners) listener.call(server, request, response);
    };
    const known = lookUp(house.guarded(), request.method!, request.url!);
    if (!known) return pass();
    const { shedding, path, id } = known;
    const decide = (target: string | null) => {
      if (house.enter(request, response, shedding, target)) return pass();
      response.once('finish', () => connections.take(request.socket));
      connections.takeAll();
      refuse(request, response, path);
    };
    if (shedding.member === undefined) decide(id);
    else peekMember(request, shedding.member, decide);
  });
}

interface Known {
  shedding: Shedding;
  path: string;
  id: string | null;
}

function lookUp(routes: ReturnType<House['guarded']>, method: string, url: string): Known | null {
  if (!routes) return null;
  const path = url.split('?', 1)[0]!;
  const id = ID.exec(path)?.[1] ?? null;
  const shedding = routes.get(`${method} ${id === null ? path : path.replace(id, ':id')}`);
  return shedding ? { shedding, path, id } : null;
}

function refuse(request: IncomingMessage, response: ServerResponse, instance: string): void {
  const trace = traceOf(request);
  const body = bodyOf(trace, instance);
  response.writeHead(status, { ...HEADERS, ...traceHeaders(trace), 'content-length': body.length });
  response.end(body);
}

/** @param instance a path of ours, in which nothing has to be escaped */
function bodyOf({ traceId }: Trace, instance: string): string {
  return `${PROBLEM},"instance":"${instance}","traceId":"${traceId}"}`;
}

/** The same answer as http writes it; null for what has to go on. */
function refusalOnTheWire(house: House, request: WholeRequest, keepAlive: string): string | null {
  const known = lookUp(house.guarded(), request.method, request.url);
  if (!known) return null;
  const { shedding, path, id } = known;
  if (!house.isFull(shedding, shedding.member === undefined ? id : memberIn(request.body, shedding.member)))
    return null;
  const trace = traceOfHeaders(request.requestId?.trim(), request.traceparent?.trim());
  const body = bodyOf(trace, path);
  return `${HEAD}\r\nx-request-id: ${trace.requestId!}\r\ntraceparent: ${formatTraceparent(trace)}\r\ncontent-length: ${body.length}\r\nDate: ${dateNow()}\r\n${keepAlive}\r\n\r\n${body}`;
}

let [second, date] = [0, ''];

/** As http says it, made once a second. */
function dateNow(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) [second, date] = [now, new Date(now * 1000).toUTCString()];
  return date;
}
