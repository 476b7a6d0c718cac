import { type Change, apply } from './change.js';
import type { Command, Outcome, RefusalFacts } from './command.js';
import { decide } from './decide.js';
import { releaseLapsed } from './hold.js';
import type { EventInventory } from './inventory.js';

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
}

export function keyOf(key: Pick<RequestKey, 'caller' | 'key'>): string {
  return `${key.caller} ${key.key}`;
}

/** Releases what has lapsed, then decides the requests of a batch in order of arrival; changes `state` as it goes. */
export function decideBatch(state: BatchState, requests: readonly Request[]): BatchDecisions {
  const decided: BatchDecisions = { answers: [], changes: [], kept: [] };
  for (const inventory of state.inventories.values()) {
    carryOut(inventory, releaseLapsed(inventory, state.now), null, decided);
  }
  for (const request of requests) decided.answers.push(answer(state, request, decided));
  return decided;
}

function answer(state: BatchState, { command, key, trace }: Request, decided: BatchDecisions): Answer {
  const before = key && state.stored.get(keyOf(key));
  if (before) return replay(before, key);
  const inventory = state.inventories.get(command.eventId);
  if (!inventory) return { refused: { code: 'not_found', detail: 'There is no such event.' } };

  const decision = decide(inventory, command, state.now);
  if ('refused' in decision) return decision;
  carryOut(inventory, decision.changes, trace, decided);
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
  return ['hold', 'consume', 'book'].includes(command.kind) ? 201 : 200;
}
