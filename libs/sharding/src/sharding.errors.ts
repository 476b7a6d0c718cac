import { refusals } from '#libs/kernel';

/** A connection that could not be made or was lost before anything was sent: certainly not executed. */
const NOT_EXECUTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  '25006',
  '57P03',
  '53300',
  '3D000',
]);
const LOST = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  '57P01',
  '57P02',
  '08000',
  '08003',
  '08006',
  '25P03',
]);

/** The SQLSTATE or socket code of an error of `pg` or Prisma, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, meta } = error as {
    code?: string;
    meta?: { driverAdapterError?: { cause?: { originalCode?: string; kind?: string } } };
  };
  const cause = meta?.driverAdapterError?.cause;
  return cause?.originalCode ?? (cause?.kind === 'DatabaseNotReachable' ? 'ECONNREFUSED' : code);
}

/** Whether the database or the way to it failed, as opposed to the statement. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (code && (NOT_EXECUTED.has(code) || LOST.has(code) || code === 'P1001' || code === 'P1017')) return true;
  return (
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      error.message,
    )
  );
}

/** Whether the server said a constraint with this name was violated. */
export function violates(error: unknown, constraint: string): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as { constraint?: string }).constraint === constraint
  );
}

/** The refusal for an answer that needs this database while it is away. */
export function unavailable(name: string) {
  return name === 'master'
    ? refusals.service_unavailable('The master database is away; try again shortly.')
    : refusals.shard_unavailable(`${name} is away; its events answer again when it is back.`, {
        shard: name,
      });
}
