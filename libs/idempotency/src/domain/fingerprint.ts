import { createHash } from 'node:crypto';

/** What is the same in two requests that are the same: SHA-256 of method, path (without query) and canonical body. */
export function fingerprintOf(method: string, path: string, body: unknown): Buffer {
  return createHash('sha256')
    .update(`${method} ${path}\n${canonicalJson(body)}`)
    .digest();
}

/** JSON with the members of every object in order of their names, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_, part: unknown) => (isObject(part) ? sorted(part) : part));
}

function isObject(part: unknown): part is Record<string, unknown> {
  return typeof part === 'object' && part !== null && !Array.isArray(part);
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  // Object.fromEntries defines members, so that one named __proto__ stays a member.
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
