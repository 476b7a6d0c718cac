import { Controller, Get, Res } from '@nestjs/common';
import { ApiExtraModels, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Anonymous } from '#libs/identity';
import { Health } from '../health.service.js';
import { DatabaseHealthDto, HealthReportDto, LivenessDto } from './health.dto.js';

@ApiTags('Operations')
@ApiExtraModels(DatabaseHealthDto)
@Anonymous()
@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  /** Whether the process runs and answers. */
  @Get('live')
  live(): LivenessDto {
    return { status: 'ok' };
  }

  /**
   * What the process can reach.
   * @remarks 200 while it can serve anything (`ok` or `degraded`), 503 with the same body while it cannot (`down`)
   * or ends (`draining`).
   */
  @Get('ready')
  @ApiServiceUnavailableResponse({
    type: HealthReportDto,
    description: 'No database answers, or this process ends.',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReportDto> {
    const report = await this.health.report();
    if (report.status === 'down' || report.status === 'draining') reply.status(503);
    return report;
  }
}
