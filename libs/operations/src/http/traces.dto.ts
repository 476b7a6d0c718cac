import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { IsCount, PageQueryDto } from '#libs/problem';

export class TracesQueryDto extends PageQueryDto {
  /**
   * The pattern of a route, with its method or without; or the name of a job.
   * @example "POST /v1/bookings"
   */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  route?: string;

  /** Only what took at least so long. */
  @ApiPropertyOptional({ example: 250 })
  @IsOptional()
  @IsCount(0, 3_600_000)
  minDurationMs?: number;

  /**
   * A status, or a class of them.
   * @example "5xx"
   */
  @IsOptional()
  @Matches(/^[1-5](\d\d|xx)$/, { message: 'must be a status like 409, or a class like 5xx' })
  status?: string;
}

/** Where it was recorded: each process remembers its own. */
export class TracedProcessDto {
  /** @example "api" */
  name!: string;
  /** @example "api-7f9c" */
  host!: string;
  /** @example 4711 */
  pid!: number;
}

export class TraceDto {
  /** @example "4bf92f3577b34da6a3ce929d0e0e4736" */
  traceId!: string;
  /**
   * The route with its method, or a worker's job: `relay booking.confirmed`, `effect cancel-bookings`.
   * @example "POST /v1/bookings"
   */
  name!: string;
  /**
   * Null for a job, as are the next four.
   * @example "0b6f5b7e-6f1c-4a53-9a52-6f1f0e0b9d11"
   */
  requestId!: string | null;
  /** @example "POST" */
  method!: string | null;
  /**
   * The pattern of the route; `unmatched` for what none takes.
   * @example "/v1/bookings"
   */
  route!: string | null;
  /**
   * Without its query; of its parameters only public ids are told.
   * @example "/v1/bookings"
   */
  path!: string | null;
  /**
   * 499: the client left before the answer.
   * @example 201
   */
  status!: number | null;
  /**
   * Whether it ended in an error of ours (5xx), or the job's attempt was in vain.
   * @example false
   */
  failed!: boolean;
  /** @example "2026-11-22T19:30:00.000Z" */
  startedAt!: string;
  /** @example 12.4 */
  durationMs!: number;
  /**
   * Who asked, if that is known.
   * @example "usr_01kb2m5v00zzzr0r0h3a4d6n8q"
   */
  userId!: string | null;
  /**
   * The code of the problem that it ended in.
   * @example null
   */
  problem!: string | null;
  /**
   * Which tier of the cache answered.
   * @example null
   */
  cache!: string | null;
  /** Milliseconds by part, as in Server-Timing: `lane` waiting for a batch, `db` the databases. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    example: { lane: 1.2, db: 3.4 },
  })
  timings!: Record<string, number>;
}

export class TracePageDto {
  process!: TracedProcessDto;
  /** The newest first. */
  data!: TraceDto[];
  nextCursor!: string | null;
}

export class SpanDto {
  /** @example "00f067aa0ba902b7" */
  spanId!: string;
  /**
   * Null where the trace begins here.
   * @example "d923886fafed5c1c"
   */
  parentSpanId!: string | null;
  /** @example "lane wait" */
  name!: string;
  /** @example "internal" */
  kind!: 'server' | 'consumer' | 'internal' | 'client' | 'producer';
  /** @example "2026-11-22T19:30:00.000Z" */
  startedAt!: string;
  /** @example 1.2 */
  durationMs!: number;
  /** @example false */
  failed!: boolean;
  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
    example: { 'evently.shard': 'shard-1' },
  })
  attributes!: Record<string, string | number | boolean>;
}

export class TraceDetailDto {
  /** @example "4bf92f3577b34da6a3ce929d0e0e4736" */
  traceId!: string;
  process!: TracedProcessDto;
  /** The requests and jobs of the trace that this process did, in the order in which they began. */
  requests!: TraceDto[];
  /** Of all of them; a parent that is not listed is the caller's. */
  spans!: SpanDto[];
}
