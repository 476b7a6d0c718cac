import { hash } from 'node:crypto';

/** What is the same in two requests that are the same: SHA-256 of method, path (without query) and canonical body. */
export function fingerprintOf(method: string, path: string, body: unknown): Buffer {
  // As text first: a buffer of the hash's own is four times as dear as the hash.
  return Buffer.from(hash('sha256', `${method} ${path}\n${canonicalJson(body)}`, 'hex'), 'hex');
}

/** A value of JSON with the members of every object in order of their names, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  let members = '';
  for (const name of Object.keys(value).sort()) {
    const part = (value as Record<string, unknown>)[name];
    if (part !== undefined) members += `${members && ','}${JSON.stringify(name)}:${canonicalJson(part)}`;
  }
  return `{${members}}`;
}
