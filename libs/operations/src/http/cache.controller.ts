import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AnswerCache } from '#libs/caching';
import { type Config, InjectConfig } from '#libs/config';
import { Roles } from '#libs/identity';
import { formatId, parseId, validationFailed } from '#libs/kernel';
import { CacheInvalidatedDto, CacheNamesDto, CacheReportDto, CacheWarmedDto } from './cache.dto.js';
import { thisProcess } from './traces.mapping.js';

/** An event's id in a name as clients write it, and as the cache does. */
const PUBLIC_ID = /\bevt_\w+/g;
const OWN_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

@ApiTags('Operations')
@Roles('admin')
@Controller('v1/admin/cache')
export class CacheController {
  constructor(
    private readonly cache: AnswerCache,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** How the cache of this process stands */
  @Get()
  read(): CacheReportDto {
    const { hits, misses, loads } = this.cache.statistics;
    const tiers = (['l1', 'l2', 'l3'] as const).map((tier) => {
      return { tier, hits: hits[tier], misses: misses[tier] };
    });
    return { process: thisProcess(this.config.processName), ...this.cache.state, loads, tiers };
  }

  /**
   * Warm the cache
   *
   * Reads from the databases what the names stand for, and keeps it in Redis and in the memory of this process. Names that
   * no view knows are left out of the answer.
   */
  @Post('warm')
  @HttpCode(200)
  async warm(@Body() body: CacheNamesDto): Promise<CacheWarmedDto> {
    const { tags, keys } = namesOf(body);
    const warmed = await Promise.all([...tags, ...keys].map((name) => this.cache.warmNamed(name)));
    return { data: warmed.flat().map(({ key, found }) => ({ key: shown(key), found })) };
  }

  /**
   * Make answers invalid
   *
   * Nobody is shown them any more, in any process; whoever asks next reads the database.
   */
  @Post('invalidate')
  @HttpCode(200)
  async invalidate(@Body() body: CacheNamesDto): Promise<CacheInvalidatedDto> {
    return { everywhere: await this.cache.invalidate(namesOf(body)) };
  }
}

function namesOf({ events = [], tags = [], keys = [] }: CacheNamesDto): { tags: string[]; keys: string[] } {
  if (!events.length && !tags.length && !keys.length) {
    throw validationFailed([{ path: 'tags', message: 'name something in events, tags or keys' }]);
  }
  return { tags: [...events.map((id) => `event:${id}`), ...tags.map(inner)], keys: keys.map(inner) };
}

function inner(name: string): string {
  return name.replace(PUBLIC_ID, (id) => parseId('event', id) ?? id);
}

function shown(name: string): string {
  return name.replace(OWN_ID, (id) => formatId('event', id));
}
