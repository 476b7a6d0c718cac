import { Refusal } from '#libs/kernel';
import { codeOf, isUnavailable } from '#libs/sharding';

/** Serialization, deadlock, lock time-out, statement time-out or a fast shutdown: the same may succeed a moment later. */
const TRY_AGAIN = new Set(['40001', '40P01', '55P03', '57014', '57P01', '57P03']);

/** Whether something was away or in the way, as opposed to a DomainEvent that its consumer cannot take. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Refusal) return error.kind.status === 503;
  return isUnavailable(error) || TRY_AGAIN.has(codeOf(error) ?? '');
}

/** What is kept as a row's last error. */
export function textOf(consumer: string, error: unknown): string {
  return `${consumer}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
}
