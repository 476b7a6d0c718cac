/** What a span or a trace says about itself, by OpenTelemetry's names where it has one. No personal data, no secrets. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Spans of one trace in one process; more are counted. */
export const MAX_SPANS = 200;

/** A part of a trace, between two readings of the monotonic clock in milliseconds. May be part of many, as a batch is. */
export class Span {
  endedAt = 0;
  failed = false;
  /** Its id is made of these and of the trace's; drawn when it is first shown or sent, which most never are. */
  bits: bigint | null = null;

  constructor(
    readonly name: string,
    readonly startedAt: number,
    /** The span that it is part of; null: the request or job itself. */
    readonly parent: Span | null,
    readonly attributes: Attributes,
    /** `client`: somebody else does the work; `producer`: somebody else will. */
    readonly kind: 'internal' | 'client' | 'producer' = 'internal',
  ) {}
}

/** A span that is over. */
export function endedSpan(
  name: string,
  startedAt: number,
  endedAt: number,
  attributes: Attributes,
  more: { parent?: Span | null; kind?: Span['kind']; failed?: boolean } = {},
): Span {
  const span = new Span(name, startedAt, more.parent ?? null, attributes, more.kind);
  span.endedAt = endedAt;
  span.failed = more.failed ?? false;
  return span;
}
