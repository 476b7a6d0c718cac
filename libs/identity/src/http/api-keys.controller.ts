import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IdPipe, PageQueryDto } from '#libs/problem';
import { Traced } from '#libs/tracing';
import { ApiKeys } from '../api-keys.service.js';
import type { Caller } from '../domain/caller.js';
import { CurrentCaller, Roles } from './access.decorators.js';
import { toApiKeyDto } from './account.mapping.js';
import { ApiKeyPageDto, CreatedApiKeyDto, NewApiKeyDto } from './api-key.dto.js';

@ApiTags('Accounts')
@Roles('organizer')
@Traced()
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeys) {}

  /**
   * Make a key for a machine of the caller's organization
   * @remarks The key is in this answer and in no other.
   */
  @Post()
  @Header('cache-control', 'no-store')
  async create(@CurrentCaller() caller: Caller, @Body() body: NewApiKeyDto): Promise<CreatedApiKeyDto> {
    const { key, ...stored } = await this.keys.create(caller, body);
    return { ...toApiKeyDto(stored), key };
  }

  /** The keys of the caller's organization, the newest first */
  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: PageQueryDto): Promise<ApiKeyPageDto> {
    const { data, nextCursor } = await this.keys.list(caller, query);
    return { data: data.map(toApiKeyDto), nextCursor };
  }

  /** Delete a key; within seconds it is good nowhere */
  @Delete(':id')
  @HttpCode(204)
  async delete(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('apiKey')) id: string,
  ): Promise<void> {
    await this.keys.delete(caller, id);
  }
}
