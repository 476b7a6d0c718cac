import { join } from 'node:path';
import { freePort } from '../../apps/cli/src/local-stack/index.js';
import type { Sale } from '../../test/support/sale.js';
import { Tokens, type User } from '#libs/identity';
import { formatId, newMasterId, parseId } from '#libs/kernel';
import type { StrategyName } from '../strategies/strategy.js';
import type { Context } from './benchmark.js';
import { HttpClient } from './http.client.js';
import { type Verdict, verdictOfProblem } from './ledger.js';
import type { Send } from './load.js';
import type { Servers } from './servers.js';
import { WorkerProcess } from './worker.process.js';

/** A running API of one strategy, and a client of it. */
export interface BenchApi {
  process: WorkerProcess;
  client: HttpClient;
  /** `http://127.0.0.1:…` */
  url: string;
}

let started = 0;

/** Starts an API process, and opens connections to it. */
export async function startApi(
  { env, folder }: Servers,
  strategy: StrategyName,
  {
    poolSize,
    connections,
    settings = {},
  }: { poolSize: number; connections: number; settings?: Record<string, string> },
  defer: Context['defer'],
): Promise<BenchApi> {
  const port = await freePort();
  const own = { PORT: String(port), BENCH_STRATEGY: strategy, BENCH_POOL: String(poolSize) };
  const logFile = join(folder, `api-${++started}-${strategy}.log`);
  const process = WorkerProcess.start('harness/api.process.ts', { ...env, ...settings, ...own }, logFile);
  defer(() => process.stop());
  await process.ask('ready');
  const client = new HttpClient(port, connections);
  defer(async () => client.close());
  return { process, client, url: `http://127.0.0.1:${port}` };
}

/** Access tokens as the product signs them, of so many attendees. */
export function signTokens({ config }: Servers, count: number): Promise<string[]> {
  const tokens = new Tokens(config);
  return Promise.all(
    Array.from({ length: count }, () => tokens.signAccess(attendee(newMasterId()), newMasterId())),
  );
}

/** The same of an organizer of that organization. */
export function signOrganizer({ config }: Servers, organizationId: string): Promise<string> {
  const organizer: User = { ...attendee(newMasterId()), role: 'organizer', organizationId };
  return new Tokens(config).signAccess(organizer, newMasterId());
}

function attendee(id: string): User {
  const [createdAt, updatedAt] = [new Date(), new Date()];
  const profile = { email: '', name: '', phone: null, locale: 'en', channels: {} as User['channels'] };
  return { id, role: 'attendee', organizationId: null, version: 1, createdAt, updatedAt, ...profile };
}

let runs = 0;

/**
 * POST /v1/bookings for so many places (one unless told otherwise), each by the next buyer and under a key of its own.
 * @param quantityOf places that request number `n` asks for
 */
export function postBookings(
  client: Pick<HttpClient, 'send'>,
  tokens: readonly string[],
  sale: Sale,
  quantityOf: (n: number) => number = () => 1,
): Send {
  const run = ++runs;
  const eventId = formatId('event', sale.eventId);
  const ticketTypeId = formatId('ticketType', sale.typeIds[0]!);
  const heads = tokens.map((token) => headOf(token));
  return async (_client, n) => {
    const quantity = quantityOf(n);
    const head = `${heads[n % heads.length]!}idempotency-key: ${process.pid}-${run}-${n}\r\n`;
    const body = `{"eventId":"${eventId}","items":[{"ticketTypeId":"${ticketTypeId}","quantity":${quantity}}]}`;
    const answer = await client.send(head, body);
    return answer.status === 201
      ? bookedIn(answer.body, quantity)
      : verdictOfProblem(answer.status, answer.body);
  };
}

function headOf(token: string): string {
  return [
    'POST /v1/bookings HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    '',
  ].join('\r\n');
}

const ID = /"id":"(bkg_[0-9a-z]{26})"/;

function bookedIn(body: string, quantity: number): Verdict {
  const [, id] = ID.exec(body) ?? [];
  return { booked: parseId('booking', id)!, quantity };
}
