/** The place of one piece of work in a trace: https://www.w3.org/TR/trace-context/ */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero: the caller's span. */
  spanId: string;
  sampled: boolean;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The caller's place in a trace, or null when the header is missing or breaks the rules. */
export function parseTraceparent(header: unknown): TraceParent | null {
  const parts = typeof header === 'string' ? FORM.exec(header) : null;
  if (!parts) return null;
  const [, version, traceId, spanId, flags, more] = parts;
  // Version 00 ends after the flags; later ones may go on; ff is forbidden.
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return null;
  return { traceId: traceId!, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
