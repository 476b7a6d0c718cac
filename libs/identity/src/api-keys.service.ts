import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Page, newMasterId, refusals } from '#libs/kernel';
import { appendOnMaster } from '#libs/outbox';
import { Master } from '#libs/sharding';
import { AccessChanges } from './access-changes.service.js';
import { hashOfKey } from './authenticator.service.js';
import { type Caller, type Scope, managesOrganization } from './domain/caller.js';
import { lastOf, pageById } from './domain/cursor.js';
import { insertAccessChange } from './persistence/access-changes.repository.js';
import {
  type ApiKey,
  deleteApiKey,
  findApiKey,
  insertApiKey,
  listApiKeys,
} from './persistence/api-keys.repository.js';
import { inTransaction } from './persistence/master.transaction.js';
import { userChanged } from './user-changed.event.js';

const LIST = 'api-keys';
/** Tells leak scanners and people what it is. */
const MARK = 'evk_';
/** Of the key's 43 random characters this many are shown again. */
const SHOWN = 8;

/** Keys with which an organizer's machines act. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly master: Master,
    private readonly changes: AccessChanges,
  ) {}

  /** A new key; its text is in no other answer, and only its hash is stored. */
  async create(caller: Caller, given: { name: string; scopes: Scope[] }): Promise<ApiKey & { key: string }> {
    const organizationId = organizationOf(caller);
    const key = MARK + randomBytes(32).toString('base64url');
    const row = {
      id: newMasterId(),
      userId: caller.userId,
      organizationId,
      name: given.name,
      scopes: given.scopes,
      prefix: key.slice(0, MARK.length + SHOWN),
    };
    const stored = await this.master.onPrimary(({ prisma }) => insertApiKey(prisma, row, hashOfKey(key)));
    return { ...stored, key };
  }

  /** The keys of the caller's organization, from the newest on. */
  async list(caller: Caller, query: { cursor?: string; limit: number }): Promise<Page<ApiKey>> {
    const after = lastOf(LIST, 'apiKey', query.cursor);
    const page = { organizationId: organizationOf(caller), after, limit: query.limit + 1 };
    const rows = await this.master.onPrimary(({ prisma }) => listApiKeys(prisma, page));
    return pageById(LIST, 'apiKey', rows, query.limit);
  }

  /** From then on the key is good nowhere, within seconds. Throws `not_found`, also for another's key. */
  async delete(caller: Caller, id: string): Promise<void> {
    const change = await inTransaction(this.master, async (tx) => {
      const key = await findApiKey(tx, id);
      if (!key || !managesOrganization(caller, key.organizationId) || !(await deleteApiKey(tx, id))) {
        throw refusals.not_found('There is no api key with this id.');
      }
      const change = { kind: 'key' as const, userId: key.userId, keyId: id };
      await appendOnMaster(tx, [userChanged(key.userId, 'sessions')]);
      await insertAccessChange(tx, change);
      return change;
    });
    this.changes.apply(change);
  }
}

function organizationOf(caller: Caller): string {
  if (!caller.organizationId) throw refusals.forbidden('Only organizers have api keys.');
  return caller.organizationId;
}
