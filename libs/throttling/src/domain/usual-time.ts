/** How long the shortest are looked back at, milliseconds: one to two of these. */
const SPAN_MS = 60_000;

/** How long a route takes when nothing waits: the shortest of the last one to two minutes. */
export class UsualTime {
  private current = Infinity;
  private previous = Infinity;
  private until = -Infinity;

  /** Milliseconds; nothing is known before the first note. */
  get ms(): number {
    return Math.min(this.current, this.previous);
  }

  note(ms: number, now: number): void {
    if (now >= this.until) {
      this.previous = now < this.until + SPAN_MS ? this.current : Infinity;
      this.current = Infinity;
      this.until = now + SPAN_MS;
    }
    if (ms < this.current) this.current = ms;
  }
}
