import { type Answer, type Lifetimes, type Missing, isMissing } from './answer.js';

/** An answer on its way into the tiers. */
export interface Stored {
  answer: Answer | Missing;
  tags: readonly string[];
  lifetimes: Lifetimes;
  /** Of its tags, as they were before it was read from the database; null where a tag was not made invalid lately. */
  generations: readonly (string | null)[];
}

/** What Redis holds before the body, as JSON in the first line. */
interface Head {
  tags: readonly string[];
  generations: readonly (string | null)[];
  /** Milliseconds since 1970 by the clock of whoever wrote it. */
  freshUntil: number;
  version?: number;
  tag?: string;
  keepMs?: number;
  missing?: string;
}

/** An answer as Redis holds it. */
export interface SharedEntry {
  answer: Answer | Missing;
  tags: readonly string[];
  generations: readonly (string | null)[];
  freshUntil: number;
}

const LINE_END = 10;

export function encode({ answer, tags, generations }: Omit<Stored, 'lifetimes'>, freshUntil: number): Buffer {
  const about = { tags, generations, freshUntil };
  if (isMissing(answer))
    return Buffer.from(`${JSON.stringify({ ...about, missing: answer.missing } satisfies Head)}\n`);
  const { body, version, tag, keepMs } = answer;
  const head: Head = { ...about, version, tag, keepMs };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/** Throws for bytes that `encode` did not write. */
export function decode(bytes: Buffer): SharedEntry {
  const end = bytes.indexOf(LINE_END);
  const { missing, version, tag, keepMs, ...about } = JSON.parse(bytes.toString('utf8', 0, end)) as Head;
  if (missing !== undefined) return { ...about, answer: { missing } };
  return { ...about, answer: { version: version!, tag: tag!, keepMs, body: bytes.subarray(end + 1) } };
}

/** Whether none of its tags was made invalid since the answer was read. */
export function isValid(entry: SharedEntry, generations: readonly (string | null)[]): boolean {
  return (
    entry.generations.length === generations.length &&
    entry.generations.every((one, i) => one === generations[i])
  );
}
