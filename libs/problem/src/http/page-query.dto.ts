import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { IsCount } from './input.decorators.js';

/** The query of every list; the DTOs of lists with filters extend it. */
export class PageQueryDto {
  /** How many to answer with. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsCount(1, 100)
  limit: number = 20;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  cursor?: string;
}
