import type { Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AnyView, Ask } from '../domain/view.js';

/** What makes a view one that requests can ask for. */
export interface Requested<A extends Ask = Ask> {
  /**
   * What a request asks for, when everybody may have the same answer to it; null leaves it to the controller. Called
   * before it is known who calls and whether the request is valid, if it comes without credentials.
   */
  askOf(request: FastifyRequest): A | null;
}

export type CachedRead = AnyView & Requested;

/** What `Cached` leaves in Fastify's configuration of a route. */
export interface CachedConfig {
  cached?: Type<CachedRead>;
}

export function cachedReadOf(config: unknown): Type<CachedRead> | null {
  return (config as CachedConfig | undefined)?.cached ?? null;
}
