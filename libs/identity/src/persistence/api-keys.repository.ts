import type { Prisma } from '#prisma/master';
import type { Role, Scope } from '../domain/caller.js';
import type { Standing } from '../domain/access-list.js';
import type { MasterTx } from './master.transaction.js';

/** An api key as its owner sees it again. */
export interface ApiKey {
  id: string;
  userId: string;
  organizationId: string;
  name: string;
  scopes: Scope[];
  prefix: string;
  createdAt: Date;
}

/** What presenting a key grants. */
export interface KeyGrant {
  keyId: string;
  userId: string;
  organizationId: string;
  scopes: Scope[];
  /** Of the user who made it. */
  standing: Standing;
}

const FIELDS = {
  id: true,
  userId: true,
  organizationId: true,
  name: true,
  scopes: true,
  prefix: true,
  createdAt: true,
} satisfies Prisma.ApiKeySelect;

export async function insertApiKey(
  tx: MasterTx,
  key: Omit<ApiKey, 'createdAt'>,
  hash: Uint8Array<ArrayBuffer>,
): Promise<ApiKey> {
  return toApiKey(await tx.apiKey.create({ data: { ...key, hash }, select: FIELDS }));
}

/** Keys of an organization from the newest on, after the id of the page before. */
export async function listApiKeys(
  tx: MasterTx,
  page: { organizationId: string; after: string | null; limit: number },
): Promise<ApiKey[]> {
  const rows = await tx.apiKey.findMany({
    where: { organizationId: page.organizationId, ...(page.after && { id: { lt: page.after } }) },
    orderBy: { id: 'desc' },
    take: page.limit,
    select: FIELDS,
  });
  return rows.map(toApiKey);
}

export async function findApiKey(tx: MasterTx, id: string): Promise<ApiKey | null> {
  const row = await tx.apiKey.findUnique({ where: { id }, select: FIELDS });
  return row && toApiKey(row);
}

/** Whether there was one to delete. */
export async function deleteApiKey(tx: MasterTx, id: string): Promise<boolean> {
  return (await tx.apiKey.deleteMany({ where: { id } })).count === 1;
}

export async function findGrant(tx: MasterTx, hash: Uint8Array<ArrayBuffer>): Promise<KeyGrant | null> {
  const user = { select: { role: true, organizationId: true, version: true } };
  const row = await tx.apiKey.findUnique({ where: { hash }, select: { ...FIELDS, user } });
  if (!row) return null;
  const { id, userId, organizationId, scopes } = toApiKey(row);
  return {
    keyId: id,
    userId,
    organizationId,
    scopes,
    standing: { ...row.user, role: row.user.role as Role },
  };
}

function toApiKey(row: Prisma.ApiKeyGetPayload<{ select: typeof FIELDS }>): ApiKey {
  return { ...row, scopes: row.scopes as Scope[] };
}
