import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Roles } from '#libs/identity';
import { Traced } from '#libs/tracing';
import { Queues } from '../queues.service.js';
import { QueuesReportDto } from './queues.dto.js';

@ApiTags('Operations')
@Roles('admin')
@Traced()
@Controller('v1/admin/queues')
export class QueuesController {
  constructor(private readonly queues: Queues) {}

  /** What has not yet reached everybody: the outboxes of the databases, and the queues of effects. */
  @Get()
  list(): Promise<QueuesReportDto> {
    return this.queues.report();
  }
}
