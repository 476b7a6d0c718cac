import { formatId, newId } from '#libs/kernel';
import { append } from '#libs/outbox';
import { type Tx, requireSlot } from '#libs/sharding';
import { currentTraceparent } from '#libs/tracing';
import { inventoryRefusals } from '../inventory.errors.js';

/** Places to add to (or, below 0, to take from) the capacity of a ticket type. */
export interface CapacityDelta {
  ticketTypeId: string;
  delta: number;
}

interface Counters {
  id: string;
  capacity: number;
  available: number;
  held: number;
  booked: number;
}

// In: ticket types and deltas, each type once. Effect: capacity and available move together; where somebody waits, new places
// are reserved for the queue. The guard leaves out the types that have fewer places free than they shall lose.
const RESIZE = `
  UPDATE stock AS s SET capacity = s.capacity + d.delta, available = s.available + d.delta - d.reserved,
    held = s.held + d.reserved, reserved = s.reserved + d.reserved
  FROM (
    SELECT g.*, CASE WHEN w.waiting > 0 THEN greatest(g.delta, 0) ELSE 0 END AS reserved
    FROM unnest($2::uuid[], $3::integer[]) AS g (ticket_type_id, delta) JOIN stock AS w USING (ticket_type_id)
  ) AS d
  WHERE s.ticket_type_id = d.ticket_type_id AND s.event_id = $1 AND s.available + d.delta >= 0
  RETURNING s.ticket_type_id AS id`;

// Out: the new version of the event's availability.
const RAISE_VERSION = 'UPDATE inventory SET version = version + 1 WHERE event_id = $1 RETURNING version';

const READ_COUNTERS = `
  SELECT s.ticket_type_id AS id, s.capacity, s.available, s.held, s.booked
  FROM stock AS s JOIN ticket_types AS t ON t.id = s.ticket_type_id
  WHERE s.event_id = $1 ORDER BY t.position, t.id`;

const READ_WAITING = 'SELECT waiting FROM inventory WHERE event_id = $1';

/** Whether somebody waits for tickets of the event. */
export async function hasQueue(tx: Tx, eventId: string): Promise<boolean> {
  const { rows } = await tx.query<{ waiting: number }>(READ_WAITING, [eventId]);
  return rows[0]!.waiting > 0;
}

/**
 * Changes capacities inside `InventoryService.step`, which offers new places to who waits before they are on sale, and announces
 * the new availability.
 * Throws `capacity_below_taken` (with `ticketTypeId`, `taken`) when a type would lose places that are held or booked.
 */
export async function resize(tx: Tx, eventId: string, deltas: readonly CapacityDelta[]): Promise<void> {
  if (await changeCapacities(tx, eventId, deltas)) await announceAvailability(tx, eventId);
}

/** The same without announcing it; whether a capacity changed. */
export async function changeCapacities(
  tx: Tx,
  eventId: string,
  deltas: readonly CapacityDelta[],
): Promise<boolean> {
  const changes = deltas.filter((d) => d.delta !== 0);
  if (!changes.length) return false;
  const ids = changes.map((d) => d.ticketTypeId);
  const { rows } = await tx.query<{ id: string }>(RESIZE, [eventId, ids, changes.map((d) => d.delta)]);
  const missed = ids.find((id) => !rows.some((row) => row.id === id));
  if (missed !== undefined) await explainMiss(tx, eventId, missed);
  return true;
}

/**
 * Raises the version of the event's availability, writes `availability.changed` with the counters as they now are and
 * returns the version.
 */
export async function announceAvailability(tx: Tx, eventId: string): Promise<number> {
  const raised = await tx.query<{ version: number | string }>(RAISE_VERSION, [eventId]);
  const version = Number(raised.rows[0]!.version);
  const { rows } = await tx.query<Counters>(READ_COUNTERS, [eventId]);
  await append(tx, [
    {
      id: newId(requireSlot(eventId)),
      type: 'availability.changed',
      subject: eventId,
      subjectVersion: version,
      payload: { eventId, ticketTypes: rows },
      trace: currentTraceparent(),
    },
  ]);
  return version;
}

async function explainMiss(tx: Tx, eventId: string, ticketTypeId: string): Promise<never> {
  const { rows } = await tx.query<Counters>(READ_COUNTERS, [eventId]);
  const row = rows.find((r) => r.id === ticketTypeId);
  if (!row) throw new Error(`ticket type ${ticketTypeId} has no stock in event ${eventId}`);
  const taken = row.held + row.booked;
  throw inventoryRefusals.capacity_below_taken(
    `${taken} places are taken; the capacity cannot go below that.`,
    {
      ticketTypeId: formatId('ticketType', ticketTypeId),
      taken,
    },
  );
}
