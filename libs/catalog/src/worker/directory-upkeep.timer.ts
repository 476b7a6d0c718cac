import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Master, isUnavailable } from '#libs/sharding';
import { tidyDirectory } from '../persistence/directory-entries.repository.js';

const EVERY_MS = 10_000;

/**
 * Takes events that are over out of the directory's indexes, and forgets old deletions. What lists show does not
 * depend on it: they look at the clock. Several workers at once skip each other's rows.
 */
@Injectable()
export class DirectoryUpkeep {
  private readonly log = new Logger('DirectoryUpkeep');
  private running = false;

  constructor(private readonly master: Master) {}

  @Interval(EVERY_MS)
  async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      await this.master.transaction(tidyDirectory);
    } catch (error) {
      // The next round tries again; nobody waits for this.
      this.log[isUnavailable(error) ? 'warn' : 'error']({ msg: 'the directory was not tidied', err: error });
    } finally {
      this.running = false;
    }
  }
}
