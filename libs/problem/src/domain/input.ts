import type { FieldError } from '#libs/kernel';

/** Levels of lists and objects in a body: twice what the deepest route needs. */
const MAX_DEPTH = 16;
/** Members of one object: far more than any route takes. Its libraries look at each member once for every other. */
const MAX_MEMBERS = 1000;
/** Names that reach an object's prototype when they are copied carelessly. */
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether `faultsOf` finds nothing, at a fraction of its cost. */
export function isSound(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return depth <= MAX_DEPTH && storable(value);
  if (typeof value !== 'object' || value === null) return depth <= MAX_DEPTH;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((member) => isSound(member, depth + 1));
  const names = Object.keys(value);
  if (names.length > MAX_MEMBERS) return false;
  for (const name of names) {
    if (FORBIDDEN_NAMES.has(name) || !storable(name)) return false;
    if (!isSound((value as Record<string, unknown>)[name], depth + 1)) return false;
  }
  return true;
}

/**
 * What no field may hold, whatever its type: text that PostgreSQL cannot store (NUL, lone surrogates), names that
 * reach prototypes, nesting past 16 levels, objects of more than a thousand members. Walks without recursion and stops at the first fault.
 */
export function faultsOf(value: unknown): FieldError[] {
  const open: { value: unknown; path: string; depth: number }[] = [{ value, path: '', depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const fault = faultOf(next.value, next.depth);
    if (fault) return [{ path: next.path, message: fault }];
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [name, member] of Object.entries(next.value)) {
      const path = next.path ? `${next.path}.${name}` : name;
      if (FORBIDDEN_NAMES.has(name) || !storable(name)) {
        return [{ path: storable(name) ? path : next.path, message: 'is not a known field' }];
      }
      open.push({ value: member, path, depth: next.depth + 1 });
    }
  }
  return [];
}

function faultOf(value: unknown, depth: number): string | null {
  if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
  if (typeof value === 'string' && !storable(value)) return 'must not hold NUL characters or lone surrogates';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.keys(value).length > MAX_MEMBERS ? `has more than ${MAX_MEMBERS} members` : null;
}

function storable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
