import type { Sale } from '../../test/support/sale.js';
import type { Shards } from '#libs/sharding';
import type { Ledger } from './ledger.js';

/** What a check found, to be added up over runs. */
export interface Verified {
  faults: string[];
  checked: Record<string, number>;
}

// In: events. Out: one row a ticket type, with its counters and what its bookings say.
const STOCK = `
  SELECT s.event_id, s.ticket_type_id, s.capacity, s.available, s.held, s.booked, coalesce(b.quantity, 0)::integer AS sold
  FROM stock AS s LEFT JOIN (
    SELECT (i.item ->> 'ticketTypeId')::uuid AS id, sum((i.item ->> 'quantity')::integer) AS quantity
    FROM bookings AS b CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
    WHERE b.event_id = ANY($1::uuid[]) AND b.status = 'confirmed'
    GROUP BY 1
  ) AS b ON b.id = s.ticket_type_id
  WHERE s.event_id = ANY($1::uuid[])`;

// In: events, acknowledged bookings. Out: how many bookings there are, how many of those acknowledged are among them.
const BOOKINGS = `
  SELECT count(*)::integer AS stored, (count(*) FILTER (WHERE id = ANY($2::uuid[])))::integer AS acknowledged
  FROM bookings WHERE event_id = ANY($1::uuid[]) AND status = 'confirmed'`;

// In: events. Out: bookings without exactly one DomainEvent of their confirmation that says the same as they do, and
// such DomainEvents without a booking.
const CONFIRMATIONS = `
  SELECT count(*) FILTER (WHERE b.id IS NOT NULL AND (o.news IS NULL OR o.news <> 1 OR NOT o.agrees))::integer AS untold,
    count(*) FILTER (WHERE b.id IS NULL)::integer AS invented
  FROM (SELECT * FROM bookings WHERE event_id = ANY($1::uuid[])) AS b
  FULL JOIN (
    SELECT o.subject, count(*) AS news,
      bool_and(b.id IS NULL OR (o.subject_version = b.version AND o.payload ->> 'reference' = b.reference
        AND (o.payload -> 'total' ->> 'amount')::bigint = b.total_amount
        AND (o.payload ->> 'userId')::uuid = b.user_id)) AS agrees
    FROM outbox AS o LEFT JOIN bookings AS b ON b.id = o.subject
    WHERE o.type = 'booking.confirmed' AND (o.payload ->> 'eventId')::uuid = ANY($1::uuid[])
    GROUP BY o.subject
  ) AS o ON o.subject = b.id`;

// In: events. Out: one row an event: how often its availability was announced, from which version to which, and whether
// the last announcement has the counters as they are.
const ANNOUNCEMENTS = `
  SELECT i.event_id, i.version::integer, count(o.id)::integer AS news,
    count(DISTINCT o.subject_version)::integer AS versions, coalesce(max(o.subject_version), 1)::integer AS last,
    coalesce(bool_and(o.subject_version < i.version OR NOT EXISTS (
      SELECT FROM stock AS s WHERE s.event_id = i.event_id AND NOT (o.payload -> 'ticketTypes')::jsonb @> jsonb_build_array(
        jsonb_build_object('id', s.ticket_type_id, 'available', s.available, 'held', s.held, 'booked', s.booked)))), true) AS agrees
  FROM inventory AS i LEFT JOIN outbox AS o ON o.subject = i.event_id AND o.type = 'availability.changed'
  WHERE i.event_id = ANY($1::uuid[])
  GROUP BY i.event_id, i.version`;

// In: events. Out: answers that are kept for keys, and how many bookings they name.
const KEPT = `
  SELECT count(*)::integer AS kept, count(DISTINCT b.id)::integer AS bookings
  FROM idempotency AS k JOIN bookings AS b ON b.id = (k.answer ->> 'booked')::uuid
  WHERE b.event_id = ANY($1::uuid[])`;

/**
 * Compares what the databases hold with what the clients were told: no place sold twice or lost, nothing booked that
 * nobody asked for, every acknowledged booking there once, all of it written down for the consumers.
 * @param sales all on one shard or several, sold by nobody but this ledger's clients
 * @param expect what was set up: the capacity of each ticket type, whether each request carried an Idempotency-Key, and
 * which refusals may come; `overloaded` always may
 */
export async function verifySales(
  shards: Shards,
  sales: readonly Sale[],
  ledger: Ledger,
  expect: { capacity: number; keyed: boolean; refusals?: readonly string[] },
): Promise<Verified> {
  const { faults, checked } = emptyVerdict();
  const byShard = Map.groupBy(sales, (sale) => shards.ofId(sale.eventId));
  let [stored, acknowledged] = [0, 0];
  for (const [shard, ofShard] of byShard) {
    const ids = ofShard.map((sale) => sale.eventId);
    const rows = async <Row>(text: string, values: unknown[] = [ids]): Promise<Row[]> =>
      (await shard.primary.sql.query(text, values)).rows as Row[];
    const stock = await rows<StockRow>(STOCK);
    faults.push(...stock.flatMap((row) => faultsOfStock(row, expect.capacity)));
    if (stock.length !== ofShard.length)
      faults.push(`${ofShard.length} ticket types, ${stock.length} counters`);
    const [bookings] = await rows<{ stored: number; acknowledged: number }>(BOOKINGS, [ids, ledger.booked]);
    stored += bookings!.stored;
    acknowledged += bookings!.acknowledged;
    const [told] = await rows<{ untold: number; invented: number }>(CONFIRMATIONS);
    if (told!.untold) faults.push(`${told!.untold} bookings without one true booking.confirmed`);
    if (told!.invented) faults.push(`${told!.invented} booking.confirmed without a booking`);
    const announcements = await rows<AnnouncementRow>(ANNOUNCEMENTS);
    faults.push(...announcements.flatMap(faultsOfAnnouncements));
    add(
      checked,
      'announcements',
      announcements.reduce((sum, row) => sum + row.news, 0),
    );
    const [answers] = await rows<{ kept: number; bookings: number }>(KEPT);
    const expected = expect.keyed ? bookings!.stored : 0;
    if (answers!.kept !== expected || answers!.bookings !== expected)
      faults.push(
        `${expected} bookings with a key, but ${answers!.kept} answers kept, for ${answers!.bookings}`,
      );
  }
  faults.push(
    ...faultsOfLedger(ledger, stored, acknowledged),
    ...faultsOfRefusals(ledger, expect.refusals ?? []),
  );
  add(checked, 'bookings', stored);
  add(checked, 'events', sales.length);
  return { faults, checked };
}

export function emptyVerdict(): Verified {
  return { faults: [], checked: {} };
}

/** Adds what one check found to what the others did. */
export function merge(all: Verified, one: Verified, where: string): void {
  all.faults.push(...one.faults.map((fault) => `${where}: ${fault}`));
  for (const [what, number] of Object.entries(one.checked)) add(all.checked, what, number);
}

interface StockRow {
  ticket_type_id: string;
  capacity: number;
  available: number;
  held: number;
  booked: number;
  sold: number;
}

function faultsOfStock(row: StockRow, capacity: number): string[] {
  const { available, held, booked, sold } = row;
  const numbers = `available ${available}, held ${held}, booked ${booked}, capacity ${row.capacity}`;
  return [
    ...(row.capacity === capacity ? [] : [`the capacity was ${capacity}: ${numbers}`]),
    ...(available + held + booked === row.capacity && available >= 0 ? [] : [`does not add up: ${numbers}`]),
    ...(sold === booked ? [] : [`booked ${booked}, but the bookings have ${sold} places`]),
    ...(sold <= capacity ? [] : [`oversold: ${sold} places of ${capacity}`]),
  ];
}

interface AnnouncementRow {
  event_id: string;
  version: number;
  news: number;
  versions: number;
  last: number;
  agrees: boolean;
}

function faultsOfAnnouncements(row: AnnouncementRow): string[] {
  const whole = row.news === row.version - 1 && row.versions === row.news && row.last === row.version;
  return [
    ...(whole ? [] : [`version ${row.version}, but ${row.news} availability.changed up to ${row.last}`]),
    ...(row.agrees ? [] : ['the last availability.changed differs from the counters']),
  ];
}

function faultsOfLedger(ledger: Ledger, stored: number, acknowledged: number): string[] {
  const distinct = new Set(ledger.booked).size;
  const told = ledger.booked.length;
  return [
    ...(distinct === told ? [] : [`${told - distinct} bookings were acknowledged to two clients`]),
    ...(acknowledged === distinct ? [] : [`${distinct - acknowledged} acknowledged bookings are not there`]),
    ...(stored <= told + ledger.unknowns ? [] : [`${stored} bookings, but only ${told} were acknowledged`]),
    ...[...ledger.unknown].map(([why, times]) => `${times} requests ended in ${why}`),
  ];
}

function faultsOfRefusals({ refused }: Ledger, expected: readonly string[]): string[] {
  return [...refused]
    .filter(([code]) => code !== 'overloaded' && !expected.includes(code))
    .map(([code, times]) => `${times} requests were refused for ${code}`);
}

function add(checked: Record<string, number>, what: string, number: number): void {
  checked[what] = (checked[what] ?? 0) + number;
}
