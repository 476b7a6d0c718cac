import { type Change, apply } from './change.js';
import type { Command, Outcome, RefusalFacts } from './command.js';
import { decide } from './decide.js';
import { releaseLapsed } from './hold.js';
import type { EventInventory } from './inventory.js';
import { promote } from './waitlist/promotion.js';

/** What a client's `Idempotency-Key` stands for. */
export interface RequestKey {
  /** The user or api key that sent it. */
  caller: string;
  key: string;
  /** SHA-256 of method, path and canonical body. */
  fingerprint: Buffer;
}

/** A command with the key of its request, if it carried one. */
export interface Request {
  command: Command;
  key: RequestKey | null;
  /** W3C traceparent of the request. */
  trace: string | null;
}

/** An outcome stored for a key. */
export interface StoredOutcome {
  fingerprint: Buffer;
  outcome: Outcome;
}

export type Answer = { refused: RefusalFacts } | { outcome: Outcome; replayed: boolean };

/** What a batch read under its locks. */
export interface BatchState {
  /** The database's clock, milliseconds since 1970. */
  now: number;
  /** By event id; without the events that do not exist. */
  inventories: Map<string, EventInventory>;
  /** How long an offer to a waiting entry stands, milliseconds. */
  offerMs: number;
  /** Offers of a ticket type that the batch may make. */
  offers: number;
  /** By `keyOf`, one element a slot that the key was used in; grows with the batch's own successes. */
  stored: Map<string, StoredOutcome[]>;
}

/** What a batch decided: an answer a request, and what is to be written. */
export interface BatchDecisions {
  answers: Answer[];
  /** In the order in which they were decided. */
  changes: { eventId: string; change: Change; trace: string | null }[];
  /** Successes to keep by key. */
  kept: { slotOf: string; key: RequestKey; status: number; outcome: Outcome }[];
  /** Events with places reserved for entries that the batch did not come to: the lane goes on with them. */
  unfinished: string[];
}

export function keyOf(key: Pick<RequestKey, 'caller' | 'key'>): string {
  return `${key.caller} ${key.key}`;
}

/**
 * Releases what has lapsed and promotes who waits, then decides the requests of a batch in order of arrival; whatever one
 * frees goes to those who wait before the next is decided. Changes `state` as it goes.
 */
export function decideBatch(state: BatchState, requests: readonly Request[]): BatchDecisions {
  const decided: BatchDecisions = { answers: [], changes: [], kept: [], unfinished: [] };
  for (const { command } of requests) bringPlan(state, command);
  for (const inventory of state.inventories.values()) {
    carryOut(inventory, releaseLapsed(inventory, state.now), null, decided);
    // Of a type nobody may have been read for, since all need more than there is: what is reserved is released all the same.
    for (const typeId of inventory.types.keys()) promoteType(state, inventory, typeId, null, decided);
  }
  for (const request of requests) decided.answers.push(answer(state, request, decided));
  for (const inventory of state.inventories.values()) {
    const unfinished = [...inventory.queues.values()].some((queue) => queue.unfinished);
    if (unfinished) decided.unfinished.push(inventory.eventId);
  }
  return decided;
}

/** Offers of seats are chosen by any plan of the event that a command knows. */
function bringPlan(state: BatchState, command: Command): void {
  const inventory = state.inventories.get(command.eventId);
  const plan = 'plan' in command ? command.plan : null;
  if (inventory && plan?.version === inventory.planVersion) inventory.plan = plan;
}

function promoteType(
  { now, offerMs, offers }: BatchState,
  inventory: EventInventory,
  typeId: string,
  trace: string | null,
  decided: BatchDecisions,
): void {
  const type = inventory.types.get(typeId);
  const act = (changes: Change[]) => carryOut(inventory, changes, trace, decided);
  if (type) promote(inventory, type, { now, offerMs, offers, act });
}

function answer(state: BatchState, { command, key, trace }: Request, decided: BatchDecisions): Answer {
  const before = key && state.stored.get(keyOf(key));
  if (before) return replay(before, key);
  const inventory = state.inventories.get(command.eventId);
  if (!inventory) return { refused: { code: 'not_found', detail: 'There is no such event.' } };

  const decision = decide(inventory, command, state.now, state.offerMs);
  if ('refused' in decision) return decision;
  carryOut(inventory, decision.changes, trace, decided);
  for (const typeId of inventory.freed.keys()) promoteType(state, inventory, typeId, trace, decided);
  if (key) {
    state.stored.set(keyOf(key), [{ fingerprint: key.fingerprint, outcome: decision.outcome }]);
    decided.kept.push({ slotOf: command.eventId, key, status: statusOf(command), outcome: decision.outcome });
  }
  return { outcome: decision.outcome, replayed: false };
}

function carryOut(
  inventory: EventInventory,
  changes: readonly Change[],
  trace: string | null,
  decided: BatchDecisions,
): void {
  for (const change of changes) {
    apply(inventory, change);
    decided.changes.push({ eventId: inventory.eventId, change, trace });
  }
}

function replay(before: readonly StoredOutcome[], key: RequestKey): Answer {
  const same = before.find((stored) => stored.fingerprint.equals(key.fingerprint));
  if (same) return { outcome: same.outcome, replayed: true };
  return {
    refused: {
      code: 'idempotency_key_reused',
      detail: 'This Idempotency-Key was used for another path or body; send a new key with a new request.',
    },
  };
}

/** The status of the command's success over HTTP. */
function statusOf(command: Command): number {
  return ['hold', 'consume', 'book', 'join', 'accept'].includes(command.kind) ? 201 : 200;
}
