/** A field at fault: `path` in dot notation (`items.0.quantity`, empty for the whole body). */
export interface FieldError {
  path: string;
  message: string;
}

/** What a code means, the same for each refusal that carries it. */
export interface RefusalKind {
  status: number;
  title: string;
  /** Seconds for the header `Retry-After`. */
  retryAfter?: number;
}

/**
 * The system declines, and nothing was changed. Thrown anywhere, rendered as problem+json at the edge.
 * `members` become further members of the problem document.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: string,
    readonly kind: RefusalKind,
    readonly detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${code}: ${detail}`);
  }
}

export type RefusalMaker = (detail: string, members?: Record<string, unknown>) => Refusal;
export type Refusals<Code extends string> = Record<Code, RefusalMaker> & {
  /** The kinds by code, in order of precedence, for the catalogue. */
  readonly kinds: Readonly<Record<Code, RefusalKind>>;
};

/** Makes a library's refusals from its list: `bookingRefusals.sold_out('…', { available })` is the error to throw. */
export function defineRefusals<const K extends Record<string, RefusalKind>>(
  kinds: K,
): Refusals<keyof K & string> {
  const makers = Object.entries(kinds).map(([code, kind]) => [
    code,
    (detail: string, members?: Record<string, unknown>) => new Refusal(code, kind, detail, members),
  ]);
  return { ...Object.fromEntries(makers), kinds } as Refusals<keyof K & string>;
}

/** Refusals that any part of the system may give. */
export const refusals = defineRefusals({
  malformed_json: { status: 400, title: 'Malformed JSON' },
  malformed_request: { status: 400, title: 'Malformed request' },
  unauthenticated: { status: 401, title: 'Authentication required' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'Request not received in time' },
  invalid_state: { status: 409, title: 'Not possible in this state' },
  idempotency_in_progress: {
    status: 409,
    title: 'The first request with this key is still running',
    retryAfter: 1,
  },
  version_conflict: { status: 412, title: 'Changed by someone else' },
  payload_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  validation_failed: { status: 422, title: 'Invalid input' },
  invalid_cursor: { status: 422, title: 'Invalid cursor' },
  idempotency_key_reused: { status: 422, title: 'Idempotency key reused for another request' },
  precondition_required: { status: 428, title: 'If-Match required' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'Header fields too large' },
  internal_error: { status: 500, title: 'Internal error' },
  overloaded: { status: 503, title: 'Overloaded: certainly not done', retryAfter: 1 },
  outcome_unknown: { status: 503, title: 'Outcome unknown: retry with the same key', retryAfter: 1 },
  shard_unavailable: { status: 503, title: 'Shard unavailable', retryAfter: 5 },
  service_unavailable: { status: 503, title: 'Service unavailable', retryAfter: 5 },
});

/** A 422 for fields of a body or a query. */
export function validationFailed(errors: FieldError[]): Refusal {
  const fields = errors.map((e) => e.path || 'body').join(', ');
  return refusals.validation_failed(`Invalid: ${fields}.`, { errors });
}
