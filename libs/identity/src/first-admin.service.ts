import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { Refusal, newMasterId } from '#libs/kernel';
import { appendOnMaster } from '#libs/outbox';
import { Master } from '#libs/sharding';
import { normaliseEmail } from './domain/email.js';
import { Passwords } from './passwords.service.js';
import { inTransaction } from './persistence/master.transaction.js';
import { findUserByEmail, insertOrganization, insertUser, isTaken } from './persistence/users.repository.js';
import { userChanged } from './user-changed.event.js';

const RETRY_MS = 5000;

/**
 * The account that the configuration names exists, and is an admin from the start. One that is there already is
 * left as it is: a password changed in the configuration changes nothing, nor does a start undo a demotion, and
 * somebody who registered the address before does not become an admin by it.
 */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(FirstAdmin.name);
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly master: Master,
    private readonly passwords: Passwords,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** While the master is away the process starts without, and tries again. */
  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.ensure();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.log.warn(`the first admin could not be looked up: ${error.message}`);
      if (this.stopped) return;
      this.retry = setTimeout(() => void this.onApplicationBootstrap(), RETRY_MS).unref();
    }
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.retry);
  }

  private async ensure(): Promise<void> {
    const { admin } = this.config.auth;
    if (!admin) return;
    const email = normaliseEmail(admin.email);
    const user = await this.master.onPrimary(({ prisma }) => findUserByEmail(prisma, email));
    if (!user) return this.create(email, admin.password);
    if (user.role !== 'admin') this.log.warn('the account that ADMIN_EMAIL names is no admin, and stays so');
  }

  private async create(email: string, password: string): Promise<void> {
    const passwordHash = await this.passwords.hash(password);
    try {
      await inTransaction(this.master, async (tx) => {
        const organizationId = newMasterId();
        await insertOrganization(tx, organizationId, 'Evently');
        const account = { id: newMasterId(), email, passwordHash, name: 'Admin' };
        const user = await insertUser(tx, { ...account, role: 'admin', organizationId });
        await appendOnMaster(tx, [userChanged(user.id, 'registered')]);
      });
    } catch (error) {
      // Another process that starts at the same moment was first.
      if (!isTaken(error)) throw error;
    }
  }
}
