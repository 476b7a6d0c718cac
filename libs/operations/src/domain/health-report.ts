/** One of the databases, as this process sees it. */
export interface DatabaseHealth {
  status: 'up' | 'down';
  /** `open`: calls fail at once, because the last ones did. */
  breaker: 'closed' | 'half-open' | 'open';
  /** Null where there is none; then, and while it is not up, the primary answers its reads. */
  replica: { status: 'up' | 'behind' | 'down'; lagMs: number | null } | null;
}

/** The outboxes of all databases that are up. */
export interface QueueHealth {
  /** `behind`: the oldest DomainEvent has been due for more than a minute. */
  status: 'up' | 'behind';
  /** Counted up to 10,000 a database. */
  waiting: number;
  oldestSeconds: number;
}

export interface HealthReport {
  /**
   * `degraded`: something is away and the rest goes on; `down`: nothing useful can be served; `draining`: this process ends,
   * and serves what still comes.
   */
  status: 'ok' | 'degraded' | 'down' | 'draining';
  /** By name: `master`, `shard-1` … `shard-4`. */
  databases: Record<string, DatabaseHealth>;
  redis: { status: 'up' | 'down'; ms: number | null };
  queue: QueueHealth;
}

/** Seconds that a DomainEvent may be due: some re-dispatches (30 s each). */
const BEHIND_SECONDS = 60;

export function queueHealth(backlogs: { waiting: number; oldestSeconds: number }[]): QueueHealth {
  const waiting = backlogs.reduce((sum, backlog) => sum + backlog.waiting, 0);
  const oldestSeconds = Math.max(0, ...backlogs.map((backlog) => backlog.oldestSeconds));
  return { status: oldestSeconds > BEHIND_SECONDS ? 'behind' : 'up', waiting, oldestSeconds };
}

/** Any database that is up serves something; without Redis and with a late queue everything is served. */
export function healthReport(parts: Omit<HealthReport, 'status'>): HealthReport {
  return { status: statusOf(parts), ...parts };
}

function statusOf({ databases, redis, queue }: Omit<HealthReport, 'status'>): HealthReport['status'] {
  const all = Object.values(databases);
  if (all.every(({ status }) => status === 'down')) return 'down';
  const whole = all.every(({ status, replica }) => status === 'up' && (replica?.status ?? 'up') === 'up');
  return whole && redis.status === 'up' && queue.status === 'up' ? 'ok' : 'degraded';
}
