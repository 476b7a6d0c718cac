import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Roles } from '#libs/identity';
import { RateLimiter } from '#libs/throttling';
import { LimitsReportDto } from './limits.dto.js';

@ApiTags('Operations')
@Roles('admin')
@Controller('v1/admin/limits')
export class LimitsController {
  constructor(private readonly limiter: RateLimiter) {}

  /** The limits of requests, who uses most of each, and what was refused. */
  @Get()
  list(): LimitsReportDto {
    return { decidedBy: this.limiter.decidedBy, data: this.limiter.report() };
  }
}
