import type { Prisma } from '#prisma/master';
import type { Role } from '../domain/caller.js';
import { type ChannelsPatch, fullChannels } from '../domain/channels.js';
import type { User } from '../domain/user.js';
import type { MasterTx } from './master.transaction.js';

const FIELDS = {
  id: true,
  email: true,
  name: true,
  phone: true,
  locale: true,
  role: true,
  organizationId: true,
  channels: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.UserSelect;
type Row = Prisma.UserGetPayload<{ select: typeof FIELDS }>;

/** What a new account is made of; an organizer or an admin has an organization. */
export type NewUser = {
  id: string;
  email: string;
  passwordHash: string;
  name: string;
  role: Role;
  organizationId: string | null;
};

/** What a user may change of their account; what is missing stays. */
export interface Profile {
  name?: string;
  phone?: string | null;
  locale?: string;
  channels?: ChannelsPatch;
}

/** Throws an error for which `isTaken` holds when the address has an account. */
export async function insertUser(tx: MasterTx, user: NewUser): Promise<User> {
  return toUser(await tx.user.create({ data: user, select: FIELDS }));
}

/** Whether an insert failed because its unique value exists. */
export function isTaken(error: unknown): boolean {
  return (error as { code?: string }).code === 'P2002';
}

export async function findUser(tx: MasterTx, id: string): Promise<User | null> {
  const row = await tx.user.findUnique({ where: { id }, select: FIELDS });
  return row && toUser(row);
}

export async function findUsers(tx: MasterTx, ids: readonly string[]): Promise<User[]> {
  return (await tx.user.findMany({ where: { id: { in: [...ids] } }, select: FIELDS })).map(toUser);
}

export async function findUserByEmail(tx: MasterTx, email: string): Promise<User | null> {
  const row = await tx.user.findUnique({ where: { email }, select: FIELDS });
  return row && toUser(row);
}

/** The account of an address with the hash of its password. */
export async function findCredentials(
  tx: MasterTx,
  email: string,
): Promise<{ user: User; passwordHash: string } | null> {
  const row = await tx.user.findUnique({ where: { email }, select: { ...FIELDS, passwordHash: true } });
  return row && { user: toUser(row), passwordHash: row.passwordHash };
}

/** Users from the newest on, after the id of the page before; all, or the one with the address. */
export async function listUsers(
  tx: MasterTx,
  page: { email?: string; after: string | null; limit: number },
): Promise<User[]> {
  const rows = await tx.user.findMany({
    where: { email: page.email, ...(page.after && { id: { lt: page.after } }) },
    orderBy: { id: 'desc' },
    take: page.limit,
    select: FIELDS,
  });
  return rows.map(toUser);
}

/** A user's row while it is locked. */
export interface LockedUser {
  user: User;
  /** Without the defaults. */
  chosenChannels: ChannelsPatch;
  /** Also of one who is an attendee again. */
  ownOrganizationId: string | null;
  /** The database's time. */
  now: Date;
}

/** Locks a user until the end of the transaction. */
export async function lockUser(tx: MasterTx, id: string): Promise<LockedUser | null> {
  const [locked] = await tx.$queryRaw<{ now: Date }[]>`
    SELECT clock_timestamp() AS now FROM users WHERE id = ${id}::uuid FOR UPDATE`;
  if (!locked) return null;
  const row = await tx.user.findUniqueOrThrow({ where: { id }, select: FIELDS });
  return {
    user: toUser(row),
    chosenChannels: row.channels as ChannelsPatch,
    ownOrganizationId: row.organizationId,
    now: locked.now,
  };
}

/** Locks all admins, in the order of their ids, so that two who demote each other wait. */
export async function lockAdmins(tx: MasterTx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM users WHERE role = 'admin' ORDER BY id FOR UPDATE`;
  return rows.map((row) => row.id);
}

/** Changes a locked user, and raises the version. */
export async function updateUser(
  tx: MasterTx,
  { user, now }: LockedUser,
  change: Profile & { role?: Role; organizationId?: string | null },
): Promise<User> {
  const row = await tx.user.update({
    where: { id: user.id },
    data: {
      ...change,
      channels: change.channels,
      version: { increment: 1 },
      updatedAt: now,
    },
    select: FIELDS,
  });
  return toUser(row);
}

export async function insertOrganization(tx: MasterTx, id: string, name: string): Promise<void> {
  await tx.organization.create({ data: { id, name }, select: { id: true } });
}

function toUser({ channels, role, organizationId, ...row }: Row): User {
  return {
    ...row,
    role: role as Role,
    organizationId: role === 'attendee' ? null : organizationId,
    channels: fullChannels(channels as ChannelsPatch),
  };
}
