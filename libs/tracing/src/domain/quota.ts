/**
 * Requests of a route and jobs of a name that are traced in full a second, and reads that are logged when nothing is amiss:
 * a line costs as much as two reads from the cache, and the hundredth alike says nothing new.
 */
export const SAMPLES_A_SECOND = 50;

/** So many a second; what is above is for the caller to leave out. */
export class Quota {
  private second = -1;
  private count = 0;

  constructor(private readonly perSecond: number) {}

  /** @param now milliseconds of the monotonic clock */
  take(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (this.second !== second) {
      this.second = second;
      this.count = 0;
    }
    return ++this.count <= this.perSecond;
  }
}
