import type { Refusal } from '#libs/kernel';

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';

/** Where the code is explained, relative to this server. */
export function problemType(code: string): string {
  return `/docs/problems#${code}`;
}

/** The document of RFC 9457 for a refusal, with `code`, `traceId` and the refusal's own members. */
export function problemOf(refusal: Refusal, instance: string, traceId: string): Record<string, unknown> {
  const { status, title } = refusal.kind;
  const { code, detail, members } = refusal;
  return { type: problemType(code), title, status, detail, instance, code, traceId, ...members };
}
