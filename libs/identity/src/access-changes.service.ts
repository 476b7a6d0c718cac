import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { Master } from '#libs/sharding';
import { type AccessChange, AccessList } from './domain/access-list.js';
import { readAccessChanges } from './persistence/access-changes.repository.js';

/** The contract allows a change five seconds to be felt everywhere. */
const EVERY_MS = 1000;
/** Longer than a change can wait for its commit, an api key is cached, and clocks differ. */
const MARGIN_SECONDS = 60;

/**
 * Hears from the master, once a second, which roles changed, which sessions were revoked and which keys were
 * deleted, in whatever process. While the master is away the last known list goes on; a process that starts
 * then begins with an empty one and catches up.
 */
@Injectable()
export class AccessChanges implements OnModuleInit, OnApplicationShutdown {
  readonly list: AccessList;
  /** When the master was last heard, in milliseconds since 1970; null before the first time. */
  heardAt: number | null = null;

  private readonly log = new Logger(AccessChanges.name);
  private readonly seconds: number;
  private readOnFrom = '0';
  private timer: NodeJS.Timeout | undefined;
  private hearing: Promise<void> = Promise.resolve();
  private stopped = false;
  private deaf = false;

  constructor(
    private readonly master: Master,
    @InjectConfig() config: Config,
  ) {
    this.seconds = config.auth.accessSeconds + MARGIN_SECONDS;
    this.list = new AccessList(this.seconds * 1000);
  }

  async onModuleInit(): Promise<void> {
    await this.hear();
    this.again();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.hearing;
  }

  /** Of this process's own change, once it is committed: felt here at once. */
  apply(change: AccessChange): void {
    this.list.apply(change, Date.now());
  }

  private again(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.hearing = this.hear().finally(() => this.again());
    }, EVERY_MS);
    this.timer.unref();
  }

  private async hear(): Promise<void> {
    try {
      const { changes, readOnFrom } = await this.master.onPrimary(({ sql }) =>
        readAccessChanges(sql, this.readOnFrom, this.seconds),
      );
      const now = Date.now();
      for (const change of changes) this.list.apply(change, now);
      this.list.prune(now);
      this.readOnFrom = readOnFrom;
      this.heardAt = now;
      if (this.deaf) this.log.log('changes of access are heard again');
      this.deaf = false;
    } catch (error) {
      // Told once, not every second; tokens are judged by the last known list until the master answers.
      if (!this.deaf) this.log.warn(`changes of access are not heard: ${(error as Error).message}`);
      this.deaf = true;
    }
  }
}
