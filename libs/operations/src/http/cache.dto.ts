import { ArrayMaxSize, ArrayUnique, IsString, MaxLength } from 'class-validator';
import { IsId, Omittable } from '#libs/problem';
import { TracedProcessDto } from './traces.dto.js';

const MAX_NAMES = 100;
/** Characters of a key or tag. */
const MAX_NAME = 400;

/** A tier of the cache, since this process began. */
export class CacheTierDto {
  /** `l1`: memory of this process, `l2`: Redis, `l3`: a database. */
  tier!: 'l1' | 'l2' | 'l3';
  /** Answers that came from there. @example 12345 */
  hits!: number;
  /** Look-ups that found nothing fresh; of `l3`, what does not exist. @example 67 */
  misses!: number;
}

/** How the cache of this process stands. */
export class CacheReportDto {
  process!: TracedProcessDto;
  /** Answers in memory. @example 210 */
  entries!: number;
  /** Of them, at most 64 MB. @example 1048576 */
  bytes!: number;
  /** Answers that had to make room. @example 0 */
  evictions!: number;
  /** Readings of databases; one may answer many. @example 66 */
  loads!: number;
  /** `false`: Redis is away, and memory and databases go on without. @example true */
  redis!: boolean;
  tiers!: CacheTierDto[];
}

/** Answers by name. At least one name is given. */
export class CacheNamesDto {
  /** All that is kept of these events. */
  @Omittable()
  @ArrayMaxSize(MAX_NAMES)
  @ArrayUnique()
  @IsId('event', { each: true })
  events?: string[];

  /** `directory`: lists and searches; `event:evt_…`: all of an event. @example ["directory"] */
  @Omittable()
  @ArrayMaxSize(MAX_NAMES)
  @IsString({ each: true })
  @MaxLength(MAX_NAME, { each: true })
  tags?: string[];

  /** Single answers: `directory.1:city=Berlin`, `event.1:evt_…`, `availability.1:evt_…`, `seats.1:evt_…`. @example ["directory.1:city=Berlin"] */
  @Omittable()
  @ArrayMaxSize(MAX_NAMES)
  @IsString({ each: true })
  @MaxLength(MAX_NAME, { each: true })
  keys?: string[];
}

export class CacheInvalidatedDto {
  /** `false`: Redis is away. This process forgot them; others show them until their lives of a few seconds end. @example true */
  everywhere!: boolean;
}

/** An answer that was read. */
export class WarmedAnswerDto {
  /** @example "directory.1:city=Berlin" */
  key!: string;
  /** `false`: there is no such thing, which is kept too. @example true */
  found!: boolean;
}

export class CacheWarmedDto {
  data!: WarmedAnswerDto[];
}
