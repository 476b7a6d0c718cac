import { Inject, Injectable } from '@nestjs/common';
import type { DomainEventType } from '#libs/contracts';
import { RELAY_OPTIONS, type RelayOptions } from './options.types.js';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Who waits for which DomainEvents. */
@Injectable()
export class Consumers {
  readonly projections;
  readonly effects;
  readonly broadcasts;
  private readonly byType = new Map<string, string[]>();

  constructor(@Inject(RELAY_OPTIONS) options: RelayOptions) {
    this.projections = options.projections ?? [];
    this.effects = options.effects ?? [];
    this.broadcasts = options.broadcasts ?? [];
    const known = new Set<string>();
    for (const { name, types } of [...this.projections, ...this.effects, ...this.broadcasts]) {
      if (!NAME.test(name))
        throw new Error(`consumer "${name}": names are lower case words joined by hyphens`);
      if (known.has(name)) throw new Error(`two consumers are called "${name}"`);
      known.add(name);
      for (const type of types) this.byType.set(type, [...this.requiredFor(type), name]);
    }
  }

  /** The consumers that must confirm a DomainEvent of this type. */
  requiredFor(type: DomainEventType): string[] {
    return this.byType.get(type) ?? [];
  }
}
