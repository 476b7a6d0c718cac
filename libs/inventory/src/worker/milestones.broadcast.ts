import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import { newId } from '#libs/kernel';
import { type Broadcast, type Broadcaster, append } from '#libs/outbox';
import { Shards, requireSlot } from '#libs/sharding';
import { entryFacts } from '../persistence/entry.facts.js';
import { type Reached, reachMilestones } from '../persistence/milestones.repository.js';

/** What moves those behind it, or in front of it. Who joins stands behind all others, and is told where by the answer. */
const TYPES = ['waitlist.moved', 'waitlist.offered', 'waitlist.ended'] as const;
type Mover = (typeof TYPES)[number];

/** Announces who has come to the front of a list: an entry and milestone once, whoever follows it and whoever does not. */
@Injectable()
export class WaitlistMilestones implements Broadcaster<Mover> {
  constructor(private readonly shards: Shards) {}

  async tell(events: DomainEvent<Mover>[]): Promise<void> {
    const movers = events.filter(({ payload }) => MOVING.includes(payload.status));
    const traces = new Map(movers.map(({ payload, trace }) => [payload.ticketTypeId, trace]));
    await Promise.all([...traces].map(([ticketTypeId, trace]) => this.announce(ticketTypeId, trace)));
  }

  private announce(ticketTypeId: string, trace: string | null): Promise<void> {
    const slot = requireSlot(ticketTypeId);
    return this.shards.transaction(slot, async (tx) => {
      const reached = await reachMilestones(tx, ticketTypeId);
      await append(
        tx,
        reached.map((one) => newsOf(one, slot, trace)),
      );
    });
  }
}

/** Of what was offered before, the list knows already. */
const MOVING = ['waiting', 'offered', 'left'];

function newsOf(
  { entry, position, milestone }: Reached,
  slot: number,
  trace: string | null,
): DomainEvent<'waitlist.milestone'> {
  const payload = { ...entryFacts(entry, null), position, milestone };
  return {
    id: newId(slot),
    type: 'waitlist.milestone',
    subject: entry.id,
    subjectVersion: entry.version,
    payload,
    trace,
  };
}

export const waitlistMilestones: Broadcast<Mover> = {
  name: 'waitlist-milestones',
  types: TYPES,
  use: WaitlistMilestones,
};
