import { refusals } from '#libs/kernel';
import { type Kinds, PROBLEM_TYPE, problemType } from '#libs/problem';
import type { RouteAccess } from './access.js';
import type { Answer, Answers, Operation } from './openapi.types.js';

type Code = keyof typeof refusals.kinds;

/** Routes of the operators, which are never limited and need no database. */
const OPERATIONS = /^\/(health|metrics)/;
/** What lives on the master. */
const ON_MASTER = /^\/v1\/(auth|me|users|api-keys|notifications|push|webhooks|admin)(\/|$)/;
/** Answers that hold secrets are not kept, and calculations change nothing: these routes do not honour the key. */
const WITHOUT_KEY = /^\/v1\/(auth|api-keys|webhooks|pricing)(\/|$)/;
/** What only calculates. */
const CALCULATES = /^\/v1\/pricing(\/|$)/;

/** Whether an operation honours Idempotency-Key. */
export function takesKey(method: string, path: string, access: RouteAccess): boolean {
  return method === 'post' && access.kind === 'closed' && !WITHOUT_KEY.test(path);
}

/** What an operation may be refused with for reasons that many share. */
export function sharedProblems(
  method: string,
  path: string,
  operation: Operation,
  access: RouteAccess,
): Kinds {
  const codes: Code[] = OPERATIONS.test(path) ? [] : ['rate_limited', 'overloaded', 'service_unavailable'];
  const has = (place: string) => operation.parameters?.some((p) => 'in' in p && p.in === place) ?? false;
  if (access.kind !== 'anonymous') codes.push('unauthenticated');
  if (access.kind === 'closed') codes.push('forbidden');
  if (has('path')) codes.push('not_found');
  if (has('query')) codes.push('validation_failed');
  if (operation.parameters?.some((p) => 'name' in p && p.name === 'cursor')) codes.push('invalid_cursor');
  if (operation.requestBody) {
    codes.push('malformed_json', 'payload_too_large', 'unsupported_media_type', 'validation_failed');
  }
  if (takesKey(method, path, access))
    codes.push('idempotency_key_reused', 'idempotency_in_progress', 'validation_failed');
  if (path.startsWith('/v1/') && !ON_MASTER.test(path) && !CALCULATES.test(path))
    codes.push('shard_unavailable');
  if (path.startsWith('/v1/') && method !== 'get' && !CALCULATES.test(path)) codes.push('outcome_unknown');
  return Object.fromEntries(codes.map((code) => [code, refusals.kinds[code]]));
}

/** An answer for each status, with an example for each code. */
export function problemAnswers(kinds: Kinds, path: string): Answers {
  const byStatus = Map.groupBy(Object.entries(kinds), ([, kind]) => kind.status);
  const answers = [...byStatus].map(([status, group]) => [status, problemAnswer(group, path)] as const);
  return Object.fromEntries(answers.sort(([a], [b]) => a - b));
}

function problemAnswer(group: [string, Kinds[string]][], path: string): Answer {
  const waits = group.some(([code, kind]) => kind.retryAfter !== undefined || code === 'rate_limited');
  return {
    description: group.map(([code, { title }]) => `${title} (\`${code}\`)`).join(' · '),
    ...(waits && { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }),
    content: {
      [PROBLEM_TYPE]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(
          group.map(([code, kind]) => [code, { value: problemExample(code, kind, path) }]),
        ),
      },
    },
  };
}

function problemExample(
  code: string,
  { title, status }: Kinds[string],
  path: string,
): Record<string, unknown> {
  return {
    type: problemType(code),
    title,
    status,
    detail: `${title}.`,
    instance: path,
    code,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    ...(code === 'validation_failed' && {
      errors: [{ path: 'items.0.quantity', message: 'must be a whole number' }],
    }),
  };
}
