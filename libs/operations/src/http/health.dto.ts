import { ApiProperty } from '@nestjs/swagger';
import type { DatabaseHealth, HealthReport, QueueHealth } from '../domain/health-report.js';

export class LivenessDto {
  /** @example "ok" */
  status!: 'ok';
}

export class ReplicaHealthDto {
  /** @example "up" */
  status!: 'up' | 'behind' | 'down';
  /**
   * Milliseconds behind the primary; null while unknown.
   * @example 12
   */
  lagMs!: number | null;
}

export class DatabaseHealthDto implements DatabaseHealth {
  /** @example "up" */
  status!: 'up' | 'down';
  /**
   * `open`: calls fail at once, because the last ones did.
   * @example "closed"
   */
  breaker!: 'closed' | 'half-open' | 'open';
  /** Null where there is none. */
  replica!: ReplicaHealthDto | null;
}

export class RedisHealthDto {
  /** @example "up" */
  status!: 'up' | 'down';
  /**
   * Milliseconds of a round trip; null while it is down.
   * @example 0.4
   */
  ms!: number | null;
}

export class QueueHealthDto implements QueueHealth {
  /**
   * `behind`: the oldest has been due for more than a minute.
   * @example "up"
   */
  status!: 'up' | 'behind';
  /**
   * News that has not reached every consumer, counted up to 10,000 a database.
   * @example 0
   */
  waiting!: number;
  /** @example 0 */
  oldestSeconds!: number;
}

export class HealthReportDto implements HealthReport {
  /**
   * `degraded`: something is away and the rest goes on; `down`: nothing useful can be served;
   * `draining`: this process ends, and serves what still comes.
   * @example "ok"
   */
  status!: 'ok' | 'degraded' | 'down' | 'draining';
  /** By name: `master`, `shard-1` to `shard-4`. */
  @ApiProperty({ type: 'object', additionalProperties: { $ref: '#/components/schemas/DatabaseHealthDto' } })
  databases!: Record<string, DatabaseHealthDto>;
  redis!: RedisHealthDto;
  queue!: QueueHealthDto;
}
