import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { renderMetrics } from '#libs/tracing';

@Controller('metrics')
export class MetricsController {
  /** What this process has counted, for Prometheus. */
  @Get()
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    const { type, text } = await renderMetrics();
    void reply.type(type).send(text);
  }
}
