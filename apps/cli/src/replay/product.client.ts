import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { type Lane, Pacer } from './rate.pacer.js';

const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 5000;
/** Longer than the server may think about one request. */
const ANSWER_MS = 60_000;

export interface Request {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  /** The path with its variables named, as limits and figures count it: `POST /v1/bookings/:id/cancel`. */
  route: string;
  body?: unknown;
  /** The same key for the same thing to do, however often it is tried. */
  idempotencyKey?: string;
}

/** Who sends: gives the access token, and a new one when the product has had enough of the last. */
export interface Sender {
  name: string;
  token(): Promise<string>;
  renew(stale: string): Promise<void>;
}

/** An answer that says no and will go on saying so. */
export class Refused extends Error {
  constructor(
    readonly route: string,
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(`${route}: ${status} ${code}${detail ? ` (${detail})` : ''}`);
  }
}

/** The product did not answer for as long as the caller was ready to wait. */
export class GaveUp extends Error {}

/** What came of one try: an answer, or the reason why there is none. */
type Attempt = { answer: Answer } | { failure: string };

interface Answer {
  status: number;
  body: Record<string, unknown>;
  retryAfter: number | undefined;
}

/**
 * An HTTP client of the running product: kept-alive connections, paced by the limits it announces, and patient:
 * 429, 503 and lost connections are tried again, with the same idempotency key, until `patienceMs` have passed.
 */
export class ProductClient {
  readonly pacer = new Pacer();
  /** Milliseconds that answers took, by route; the last try only. */
  readonly latencies = new Map<string, number[]>();
  /** How often something was tried again, by reason. */
  readonly retries = new Map<string, number>();
  /** Answers that were kept from an earlier try. */
  replayed = 0;
  private readonly pool: Pool;

  constructor(
    base: string,
    connections: number,
    private readonly patienceMs: number,
  ) {
    this.pool = new Pool(base, {
      connections,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      connectTimeout: 10_000,
    });
  }

  /** The body of a 2xx answer. @throws Refused for any other, GaveUp when none came in time */
  async send<T>(request: Request, sender?: Sender): Promise<T> {
    const deadline = Date.now() + this.patienceMs;
    let renewed = false;
    for (let tries = 0; ; tries++) {
      const token = await sender?.token();
      const attempt = await this.attempt(request, sender, token);
      if ('answer' in attempt) {
        const { status, body } = attempt.answer;
        if (status < 300) return body as T;
        if (status === 401 && sender && token && !renewed) {
          await sender.renew(token);
          renewed = true;
          continue;
        }
        if (!mayPass(attempt.answer)) throw refusalOf(request, attempt.answer);
      }
      const reason = 'answer' in attempt ? codeOf(attempt.answer) : `unreachable (${attempt.failure})`;
      if (Date.now() > deadline)
        throw new GaveUp(`${request.route}: still ${reason} after ${this.patienceMs / 1000} s`);
      this.retries.set(reason, (this.retries.get(reason) ?? 0) + 1);
      await this.backOff(laneOf(request, sender), attempt, tries);
    }
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  private async attempt(
    request: Request,
    sender: Sender | undefined,
    token: string | undefined,
  ): Promise<Attempt> {
    const lane = laneOf(request, sender);
    const answered = await this.pacer.take(lane);
    const started = performance.now();
    let limits: [string | undefined, string | undefined] = [undefined, undefined];
    try {
      const { statusCode, headers, body } = await this.pool.request({
        method: request.method,
        path: request.path,
        headers: {
          accept: 'application/json',
          ...(token && { authorization: `Bearer ${token}` }),
          ...(request.body !== undefined && { 'content-type': 'application/json' }),
          ...(request.idempotencyKey && { 'idempotency-key': request.idempotencyKey }),
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
      });
      const text = await body.text();
      limits = [single(headers.ratelimit), single(headers['ratelimit-policy'])];
      if (statusCode < 300) this.measure(request.route, performance.now() - started);
      if (headers['idempotency-replayed'] === 'true') this.replayed++;
      const retryAfter = Number(single(headers['retry-after']) ?? Number.NaN);
      return { answer: { status: statusCode, body: parse(text), retryAfter: retryAfter || undefined } };
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      return { failure: code ?? name };
    } finally {
      answered();
      this.pacer.learn(lane, ...limits);
    }
  }

  private async backOff(lane: Lane, attempt: Attempt, tries: number): Promise<void> {
    const told = 'answer' in attempt ? attempt.answer.retryAfter : undefined;
    if ('answer' in attempt && attempt.answer.status === 429) this.pacer.refused(lane, told ?? 1);
    const growing = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(tries, 10));
    await sleep(Math.max(told ? told * 1000 : 0, growing * (0.5 + Math.random() / 2)));
  }

  private measure(route: string, milliseconds: number): void {
    const known = this.latencies.get(route);
    if (known) known.push(milliseconds);
    else this.latencies.set(route, [milliseconds]);
  }
}

function laneOf(request: Request, sender: Sender | undefined): Lane {
  return { route: request.route, account: sender?.name ?? '' };
}

/** Whether the same request may succeed later. */
function mayPass(answer: Answer): boolean {
  return [429, 502, 503, 504].includes(answer.status) || codeOf(answer) === 'idempotency_in_progress';
}

function refusalOf(request: Request, answer: Answer): Refused {
  const { detail, errors } = answer.body as { detail?: string; errors?: { path: string; message: string }[] };
  const fields = errors?.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new Refused(request.route, answer.status, codeOf(answer), fields || detail || '');
}

function codeOf(answer: Answer): string {
  return typeof answer.body.code === 'string' ? answer.body.code : `status_${answer.status}`;
}

function parse(text: string): Record<string, unknown> {
  if (!text) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A proxy's page, for instance: the status says what to do, and the text is shown where it is a refusal.
    return { detail: text.slice(0, 200) };
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
