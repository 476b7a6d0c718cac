import { Injectable } from '@nestjs/common';
import { type Page, newMasterId, refusals } from '#libs/kernel';
import { appendOnMaster } from '#libs/outbox';
import { Master } from '#libs/sharding';
import { AccessChanges } from './access-changes.service.js';
import type { Role } from './domain/caller.js';
import { mergeChannels } from './domain/channels.js';
import { lastOf, pageById } from './domain/cursor.js';
import { normaliseEmail } from './domain/email.js';
import type { User } from './domain/user.js';
import { identityRefusals } from './identity.errors.js';
import { insertAccessChange } from './persistence/access-changes.repository.js';
import { type MasterTx, inTransaction } from './persistence/master.transaction.js';
import {
  type LockedUser,
  type Profile,
  findUser,
  findUsers,
  insertOrganization,
  listUsers,
  lockAdmins,
  lockUser,
  updateUser,
} from './persistence/users.repository.js';
import { userChanged } from './user-changed.event.js';

const LIST = 'users';

/** Accounts, and what their owners and admins change of them. */
@Injectable()
export class Users {
  constructor(
    private readonly master: Master,
    private readonly changes: AccessChanges,
  ) {}

  /** Throws `not_found`. */
  async get(id: string): Promise<User> {
    const user = await this.master.onPrimary(({ prisma }) => findUser(prisma, id));
    return user ?? notFound();
  }

  /** Those of the ids that exist, for whoever writes to them: address, number, language, channels. */
  findAll(ids: readonly string[]): Promise<User[]> {
    return this.master.onPrimary(({ prisma }) => findUsers(prisma, ids));
  }

  /** From the newest on; with `email` the one with that address. */
  async list(query: { email?: string; cursor?: string; limit: number }): Promise<Page<User>> {
    const after = lastOf(LIST, 'user', query.cursor);
    const email = query.email && normaliseEmail(query.email);
    const rows = await this.master.onPrimary(({ prisma }) =>
      listUsers(prisma, { email, after, limit: query.limit + 1 }),
    );
    return pageById(LIST, 'user', rows, query.limit);
  }

  /** Changes what is given; channels are merged with those chosen before. */
  async changeProfile(id: string, profile: Profile): Promise<User> {
    return inTransaction(this.master, async (tx) => {
      const locked = (await lockUser(tx, id)) ?? notFound();
      if (Object.values(profile).every((value) => value === undefined)) return locked.user;
      const channels = profile.channels && mergeChannels(locked.chosenChannels, profile.channels);
      const user = await updateUser(tx, locked, { ...profile, channels });
      await appendOnMaster(tx, [userChanged(id, 'profile')]);
      return user;
    });
  }

  /**
   * Gives a user another role. Who becomes an organizer or an admin gets an organization, or has the one from
   * before. Throws `not_found`, and `last_admin` when nobody else is one.
   */
  async changeRole(id: string, role: Role): Promise<User> {
    const { user, changed } = await inTransaction(this.master, async (tx) => {
      const admins = role === 'admin' ? [] : await lockAdmins(tx);
      const locked = (await lockUser(tx, id)) ?? notFound();
      if (locked.user.role === role) return { user: locked.user, changed: false };
      if (admins.length === 1 && admins[0] === id) {
        throw identityRefusals.last_admin('Make someone else an admin first.');
      }
      const organizationId = await this.organizationFor(tx, locked, role);
      const user = await updateUser(tx, locked, { role, organizationId });
      await appendOnMaster(tx, [userChanged(id, 'role')]);
      await insertAccessChange(tx, roleChange(user));
      return { user, changed: true };
    });
    if (changed) this.changes.apply(roleChange(user));
    return user;
  }

  private async organizationFor(
    tx: MasterTx,
    { user, ownOrganizationId }: LockedUser,
    role: Role,
  ): Promise<string | null> {
    if (ownOrganizationId || role === 'attendee') return ownOrganizationId;
    const id = newMasterId();
    await insertOrganization(tx, id, user.name);
    return id;
  }
}

function roleChange({ id: userId, version, role, organizationId }: User) {
  return { kind: 'role' as const, userId, version, role, organizationId };
}

function notFound(): never {
  throw refusals.not_found('There is no user with this id.');
}
