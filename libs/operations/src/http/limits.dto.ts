/** A caller, an address, an endpoint of one of them, and what was counted of it. */
export class LimitUseDto {
  /** @example ip:192.0.2.1 */
  subject!: string;
  /** Requests in the window of now, by all processes, as far as this process has heard. */
  used!: number;
  /** Seconds until the window begins anew. */
  resetsInSeconds!: number;
}

/** A limit. */
export class LimitDto {
  /** @example ip */
  tier!: string;
  /** Requests in a window, each subject for itself. */
  limit!: number;
  /** The same for checkout, which has room when reads have used up theirs. */
  priorityLimit!: number;
  windowSeconds!: number;
  /** Requests that this process refused since it began. */
  refused!: number;
  /** Who has used most of it: up to ten. */
  busiest!: LimitUseDto[];
}

/** The limits of requests, and how they stand. */
export class LimitsReportDto {
  /** `redis`: for all processes together; `process`: Redis is away, and each process counts alone. */
  decidedBy!: 'redis' | 'process';
  data!: LimitDto[];
}
