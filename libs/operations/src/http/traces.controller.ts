import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { type Config, InjectConfig } from '#libs/config';
import { Roles } from '#libs/identity';
import { decodeCursor, refusals, toPage } from '#libs/kernel';
import { Traced, searchTraces, spansOf, tracesOf } from '#libs/tracing';
import { TraceDetailDto, TracePageDto, TracesQueryDto } from './traces.dto.js';
import { thisProcess, toSpanDto, toTraceDto } from './traces.mapping.js';

const LIST = 'traces';

@ApiTags('Operations')
@Roles('admin')
@Traced()
@Controller('v1/admin/traces')
export class TracesController {
  constructor(@InjectConfig() private readonly config: Config) {}

  /**
   * Search the requests and jobs that this process remembers
   *
   * The last ones that were sampled, those that failed, and of each route the slowest of the last hour. Each process
   * remembers its own, until it ends, the worker too (at the port of its metrics); a collector has those of all
   * (`OTEL_EXPORTER_OTLP_ENDPOINT`).
   */
  @Get()
  list(@Query() { limit, cursor, ...query }: TracesQueryDto): TracePageDto {
    const found = searchTraces({ ...query, before: beforeOf(cursor) }, limit + 1);
    const page = toPage(LIST, found, limit, ({ number }) => [number]);
    return { ...page, data: page.data.map(toTraceDto), process: thisProcess(this.config.processName) };
  }

  /** Read a trace with its spans, as far as this process remembers it */
  @Get(':traceId')
  @ApiParam({ name: 'traceId', example: '4bf92f3577b34da6a3ce929d0e0e4736' })
  read(@Param('traceId') traceId: string): TraceDetailDto {
    const found = tracesOf(traceId);
    if (!found.length) throw refusals.not_found('This process remembers no such trace.');
    return {
      traceId,
      process: thisProcess(this.config.processName),
      requests: found.map(toTraceDto),
      spans: found.flatMap(spansOf).map(toSpanDto),
    };
  }
}

/** The number that the next page ends before. */
function beforeOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const [before] = decodeCursor(LIST, 1, cursor);
  if (typeof before === 'number') return before;
  throw refusals.invalid_cursor('The cursor is not one that this list gave; start again without it.');
}
