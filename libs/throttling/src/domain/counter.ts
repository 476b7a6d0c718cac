import type { Policy } from './policy.js';

/**
 * How often something was asked for in the window of now. Windows of a policy have one length and begin at a time of
 * their own for each subject, so that not all begin at once; which window it is follows from the clock, so that all
 * processes count in the same without asking.
 */
export class Counter {
  /** Redis's name of the window. */
  key = '';
  /** When the window ends, milliseconds since 1970. */
  endsAt = 0;
  /** What was counted, by all processes, as far as this one knows. */
  count = 0;
  /** The batch that it was last part of, and its place there. */
  batch = 0;
  index = 0;
  private readonly phase: number;

  /** @param id tier and subject: `ip:192.0.2.1` */
  constructor(
    readonly policy: Policy,
    readonly id: string,
  ) {
    this.phase = hashOf(id) % policy.ttl;
  }

  /** Goes on to the window of `now` when the last one is over. */
  enter(now: number): void {
    if (now < this.endsAt && now >= this.endsAt - this.policy.ttl) return;
    const window = Math.floor((now - this.phase) / this.policy.ttl);
    this.endsAt = (window + 1) * this.policy.ttl + this.phase;
    this.key = `limit:${this.id}:${window}`;
    this.count = 0;
  }

  /** Seconds until the window begins anew. */
  secondsLeft(now: number): number {
    return Math.max(1, Math.ceil((this.endsAt - now) / 1000));
  }
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
