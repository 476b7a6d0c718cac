import type { ModuleMetadata } from '@nestjs/common';
import type { Broadcast, Effect, Projection } from '#libs/outbox';
import type { Pace } from '../domain/pace.js';
import type { RetentionRule } from '../persistence/retention.sql.js';

/** What a worker's relay brings news to. */
export interface RelayOptions {
  /** Modules that offer what the consumers inject. */
  imports?: NonNullable<ModuleMetadata['imports']>;
  projections?: Projection[];
  effects?: Effect[];
  broadcasts?: Broadcast[];
  /** Tables of other libraries with rows that age. */
  retention?: RetentionRule[];
  /** Other speeds and patience than `DEFAULT_PACE`. */
  pace?: Partial<Pace>;
}

/** Injects `RelayOptions`. */
export const RELAY_OPTIONS = Symbol('RelayOptions');
/** Injects the whole `Pace`. */
export const PACE = Symbol('Pace');
