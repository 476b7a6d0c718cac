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
