import { refusals } from '#libs/kernel';
import type { Master } from '#libs/sharding';
import type { Prisma, PrismaClient } from '#prisma/master';

/** A transaction on the master, or its client outside of one. */
export type MasterTx = Prisma.TransactionClient;

/** Longest wait for a connection, and longest life of a transaction, in milliseconds. */
const LIMITS = { maxWait: 5000, timeout: 10_000 };

/** One transaction on the master's primary, READ COMMITTED. Throws `service_unavailable` while it is away. */
export async function inTransaction<T>(master: Master, work: (tx: MasterTx) => Promise<T>): Promise<T> {
  try {
    return await master.onPrimary(({ prisma }: { prisma: PrismaClient }) =>
      prisma.$transaction(work, LIMITS),
    );
  } catch (error) {
    if (!gotNoConnection(error)) throw error;
    throw refusals.overloaded('Too many changes of accounts are under way; nothing was done.');
  }
}

function gotNoConnection(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === 'P2028' && /Unable to start a transaction/.test(message ?? '');
}
