import type { MasterTx } from './master.transaction.js';

/** A family of refresh tokens; `expiresAt` is the end of the one of this generation. */
export interface Session {
  id: string;
  userId: string;
  generation: number;
  expiresAt: Date;
}

export interface LockedSession extends Session {
  revokedAt: Date | null;
}

/** A new session that lives `seconds` from now by the database's clock. */
export async function openSession(
  tx: MasterTx,
  id: string,
  userId: string,
  seconds: number,
): Promise<Session> {
  const rows = await tx.$queryRaw<Session[]>`
    INSERT INTO sessions (id, user_id, expires_at)
    VALUES (${id}::uuid, ${userId}::uuid, clock_timestamp() + make_interval(secs => ${seconds}::integer))
    RETURNING id, user_id AS "userId", generation, expires_at AS "expiresAt"`;
  return rows[0]!;
}

/**
 * The next generation, for the one caller that comes with the present one; null for everybody else: of two at
 * once one gets the row, and to the other the generation is an older one.
 */
export async function rotateIfPresent(
  tx: MasterTx,
  id: string,
  generation: number,
  seconds: number,
): Promise<Session | null> {
  const rows = await tx.$queryRaw<Session[]>`
    UPDATE sessions
    SET generation = generation + 1, expires_at = clock_timestamp() + make_interval(secs => ${seconds}::integer)
    WHERE id = ${id}::uuid AND generation = ${generation}::integer
      AND revoked_at IS NULL AND expires_at > clock_timestamp()
    RETURNING id, user_id AS "userId", generation, expires_at AS "expiresAt"`;
  return rows[0] ?? null;
}

/** A session locked until the end of the transaction. */
export async function lockSession(tx: MasterTx, id: string): Promise<LockedSession | null> {
  const rows = await tx.$queryRaw<LockedSession[]>`
    SELECT id, user_id AS "userId", generation, expires_at AS "expiresAt", revoked_at AS "revokedAt"
    FROM sessions WHERE id = ${id}::uuid FOR UPDATE`;
  return rows[0] ?? null;
}

export async function revokeSession(tx: MasterTx, id: string, because: 'logout' | 'reuse'): Promise<void> {
  await tx.$executeRaw`
    UPDATE sessions SET revoked_at = clock_timestamp(), revoked_because = ${because}
    WHERE id = ${id}::uuid AND revoked_at IS NULL`;
}
