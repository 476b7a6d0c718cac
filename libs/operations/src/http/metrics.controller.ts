import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Anonymous } from '#libs/identity';
import { renderMetrics } from '#libs/tracing';

@ApiTags('Operations')
@Anonymous()
@Controller('metrics')
export class MetricsController {
  /** What this process has counted, for Prometheus. */
  @Get()
  @ApiOkResponse({
    content: { 'text/plain': { example: 'http_request_duration_seconds_count{method="GET"} 12' } },
  })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    const { type, text } = await renderMetrics();
    void reply.type(type).send(text);
  }
}
