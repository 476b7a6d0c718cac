import pLimit from 'p-limit';
import { refusals } from '#libs/kernel';

/** Runs work a few at a time, in order of arrival; refuses with `overloaded` at once when too many wait. */
export class BoundedPool {
  private readonly limit;

  constructor(
    atOnce: number,
    private readonly mostWaiting: number,
  ) {
    this.limit = pLimit(atOnce);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.limit.pendingCount >= this.mostWaiting) {
      throw refusals.overloaded('Too many people are signing in right now; nothing was done.');
    }
    return this.limit(work);
  }
}
