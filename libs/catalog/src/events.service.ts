import { Injectable } from '@nestjs/common';
import { type Answer, type SentKey, once } from '#libs/idempotency';
import {
  InventoryService,
  announceAvailability,
  countLiveBookings,
  lockInventory,
  resize,
} from '#libs/inventory';
import { newId, refusals, slotOfTitle, validationFailed } from '#libs/kernel';
import { type Expected, requireExpected } from '#libs/problem';
import { Shards, type Tx, requireSlot } from '#libs/sharding';
import { noSuchEvent } from './catalog.errors.js';
import { type Viewer, manages, sees } from './domain/access.js';
import { type EventDraft, checkDraft } from './domain/draft.js';
import { type EditPlan, type EventPatch, planEdit } from './domain/edit.js';
import type { EventRecord } from './domain/event.js';
import { capacityDeltas, makeSections, makeTicketTypes, withSeats } from './domain/ticket-types.js';
import { EventAnswers } from './event-answers.service.js';
import { announceCancellation, announceChange, announceDeletion } from './event.news.js';
import type { EventDto } from './http/event.dto.js';
import { toEventDto } from './http/event.mapping.js';
import {
  type Owner,
  cancelIfNotOver,
  deleteIfDraft,
  describeIfUnchanged,
  insertDraft,
  publishIfAhead,
  readEvent,
} from './persistence/events.repository.js';
import { readFresh } from './persistence/fresh.reader.js';
import { deleteSections, insertSections } from './persistence/seats.repository.js';
import { insertTicketTypes, updateTicketTypes } from './persistence/ticket-types.repository.js';

/** A request that changes an event: who asks, and the idempotency key if one was sent. */
export interface Ask {
  viewer: Viewer;
  /** Whose idempotency keys these are. */
  callerId: string;
  sent: SentKey | null;
}

/** What organizers do with their events, and how an event is read. */
@Injectable()
export class EventsService {
  constructor(
    private readonly shards: Shards,
    private readonly inventory: InventoryService,
    private readonly answers: EventAnswers,
  ) {}

  /** Writes a draft to the shard of its title's initial. Throws `validation_failed` with every fault between fields. */
  async createEvent(owner: Owner, draft: EventDraft, ask: Omit<Ask, 'viewer'>): Promise<Answer<EventDto>> {
    const errors = checkDraft(draft);
    if (errors.length) throw validationFailed(errors);
    const slot = slotOfTitle(draft.title);
    return this.shards.transaction(slot, (tx) =>
      once(tx, keyed(ask, slot), async () => {
        const event = await this.insert(tx, newId(slot), owner, draft);
        return { status: 201, body: toEventDto(event) };
      }),
    );
  }

  /** The event, if the viewer may see it; else `not_found`. `current`: not from a replica, as for all who may have written. */
  async getEvent(eventId: string, viewer: Viewer | null, current = viewer !== null): Promise<EventRecord> {
    const shard = this.shards.ofId(eventId);
    const event = await readFresh(shard, current, ({ sql }) => readEvent(sql, eventId));
    if (event && sees(viewer, event)) return event;
    // It may have been published since the replica was last told.
    const now = current ? null : await shard.onPrimary(({ sql }) => readEvent(sql, eventId));
    if (now && sees(viewer, now)) return now;
    throw noSuchEvent();
  }

  /**
   * Merges a patch into the event. Throws `version_conflict`, `invalid_state` for a canceled event,
   * `validation_failed`, `capacity_below_taken`.
   */
  async editEvent(
    eventId: string,
    viewer: Viewer,
    expected: Expected,
    patch: EventPatch,
  ): Promise<EventRecord> {
    const seen = await this.getOwnEvent(eventId, viewer);
    requireExpected(expected, seen.version);
    const edit = (tx: Tx) => this.edit(tx, seen, patch);
    // A draft sells nothing: whoever draws its 100,000 seats keeps nobody waiting.
    const event = await (seen.status === 'draft'
      ? this.whileDraft(eventId, edit)
      : this.inventory.step(eventId, edit));
    await this.answers.forget(eventId);
    return event;
  }

  /** Puts a draft on sale. Throws `invalid_state` when it is none, or when it would begin in the past. */
  publishEvent(eventId: string, ask: Ask): Promise<Answer<EventDto>> {
    return this.step(eventId, ask, async (tx, event) => {
      if (await publishIfAhead(tx, eventId)) return;
      throw event.status === 'draft'
        ? refusals.invalid_state('The event begins in the past; move startsAt into the future first.')
        : refusals.invalid_state(`The event is ${event.status}; only a draft can be published.`);
    });
  }

  /**
   * Takes an event off sale for good; its bookings are canceled afterwards, by a job. Throws `invalid_state` unless
   * it is published and not over.
   */
  cancelEvent(eventId: string, ask: Ask): Promise<Answer<EventDto>> {
    return this.step(eventId, ask, async (tx, event) => {
      if (!(await cancelIfNotOver(tx, eventId, await countLiveBookings(tx, eventId)))) {
        throw refusals.invalid_state(`The event is ${event.status}; only a published one can be canceled.`);
      }
      await announceCancellation(tx, await this.readAgain(tx, eventId));
    });
  }

  /** Deletes a draft with all below it. Throws `version_conflict`, `invalid_state` when it is no draft. */
  async deleteEvent(eventId: string, viewer: Viewer, expected: Expected): Promise<void> {
    const seen = await this.getOwnEvent(eventId, viewer);
    requireExpected(expected, seen.version);
    if (seen.status !== 'draft') {
      throw refusals.invalid_state(
        `The event is ${seen.status}; only a draft can be deleted. Cancel it instead.`,
      );
    }
    await this.whileDraft(eventId, async (tx) => {
      await this.readUnchanged(tx, seen);
      if (!(await deleteIfDraft(tx, eventId))) throw new Error(`draft ${eventId} was locked and not deleted`);
      await announceDeletion(tx, seen);
    });
    await this.answers.forget(eventId);
  }

  /** The event as its own organization sees it, from the primary; else `not_found`. */
  private async getOwnEvent(eventId: string, viewer: Viewer): Promise<EventRecord> {
    const event = await this.shards.ofId(eventId).onPrimary(({ sql }) => readEvent(sql, eventId));
    if (!event || !manages(viewer, event)) throw noSuchEvent();
    return event;
  }

  private async insert(tx: Tx, eventId: string, owner: Owner, draft: EventDraft): Promise<EventRecord> {
    const slot = requireSlot(eventId);
    const types = makeTicketTypes(
      draft.ticketTypes,
      draft.ticketTypes.map(() => newId(slot)),
    );
    const sections = makeSections(draft.sections, types);
    await insertDraft(tx, eventId, owner, draft.ticketTypes[0]!.price.currency, draft);
    await insertTicketTypes(tx, eventId, 0, withSeats(types, sections));
    await insertSections(tx, eventId, 0, sections);
    await announceAvailability(tx, eventId);
    return this.announce(tx, eventId);
  }

  private async edit(tx: Tx, seen: EventRecord, patch: EventPatch): Promise<EventRecord> {
    const event = await this.readUnchanged(tx, seen);
    if (event.status === 'canceled')
      throw refusals.invalid_state('The event is canceled; it cannot be changed.');
    const { errors, plan } = planEdit(event, patch);
    if (errors) throw validationFailed(errors);
    if (!(await describeIfUnchanged(tx, event.id, event.version, plan.description))) throw changedMeanwhile();
    await this.applyPlan(tx, event, plan);
    return this.announce(tx, event.id);
  }

  private async applyPlan(tx: Tx, event: EventRecord, plan: EditPlan): Promise<void> {
    const { changedTypes, replacesSections } = plan;
    const slot = requireSlot(event.id);
    const fresh = makeTicketTypes(
      plan.newTypes,
      plan.newTypes.map(() => newId(slot)),
    );
    const kept = event.ticketTypes.map((type) => changedTypes.find((c) => c.id === type.id) ?? type);
    const sections = makeSections(plan.newSections, [...kept, ...fresh]);

    await updateTicketTypes(tx, event.id, changedTypes);
    await insertTicketTypes(tx, event.id, event.ticketTypes.length, withSeats(fresh, sections));
    if (replacesSections) await deleteSections(tx, event.id);
    await insertSections(tx, event.id, replacesSections ? 0 : event.sections.length, sections);
    const deltas = capacityDeltas(event.ticketTypes, changedTypes, sections, replacesSections);
    if (deltas.length) await resize(tx, event.id, deltas);
    else if (fresh.length) await announceAvailability(tx, event.id);
  }

  /** A change of state, once for the caller's key, under the locks of the sales; answers with the event. */
  private async step(
    eventId: string,
    ask: Ask,
    change: (tx: Tx, event: EventRecord) => Promise<void>,
  ): Promise<Answer<EventDto>> {
    const answer = await this.inventory.step(eventId, (tx) =>
      once(tx, keyed(ask, requireSlot(eventId)), async () => {
        const event = await readEvent(tx, eventId);
        if (!event || !manages(ask.viewer, event)) throw noSuchEvent();
        await change(tx, event);
        return { status: 200, body: toEventDto(await this.announce(tx, eventId)) };
      }),
    );
    await this.answers.forget(eventId);
    return answer;
  }

  /** A transaction that changes a draft. Locks the inventory first, like the lane, so that the two never deadlock. */
  private whileDraft<T>(eventId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.shards.transaction(requireSlot(eventId), async (tx) => {
      await lockInventory(tx, eventId);
      return work(tx);
    });
  }

  private async announce(tx: Tx, eventId: string): Promise<EventRecord> {
    const event = await this.readAgain(tx, eventId);
    await announceChange(tx, event);
    return event;
  }

  private async readAgain(tx: Tx, eventId: string): Promise<EventRecord> {
    const event = await readEvent(tx, eventId);
    if (!event) throw new Error(`event ${eventId} is gone within its own transaction`);
    return event;
  }

  private async readUnchanged(tx: Tx, seen: EventRecord): Promise<EventRecord> {
    const event = await readEvent(tx, seen.id);
    if (!event) throw noSuchEvent();
    if (event.version !== seen.version) throw changedMeanwhile();
    return event;
  }
}

function keyed({ sent, callerId }: Omit<Ask, 'viewer'>, slot: number) {
  return sent && { ...sent, slot, caller: callerId };
}

function changedMeanwhile() {
  return refusals.version_conflict(
    'This was changed at the same moment; read it again and repeat the change.',
  );
}
