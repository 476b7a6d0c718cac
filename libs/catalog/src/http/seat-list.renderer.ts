import type { SeatPlan, SectionSeats } from '#libs/inventory';
import { formatId } from '#libs/kernel';
import type { SeatList } from '../availability.service.js';

// A list of 100,000 seats is 15 MB of JSON. All of it but the status stays as it is as long as the plan does, so it is made
// once a section, with room for any status behind each seat; blanks after a value are JSON.

const STATUS = {
  free: Buffer.from('"free"   '),
  held: Buffer.from('"held"   '),
  booked: Buffer.from('"booked" '),
  blocked: Buffer.from('"blocked"'),
};

/** A section as JSON, one object a seat, all of them free. */
interface Template {
  json: Buffer;
  /** Where the status of each seat begins. */
  statusAt: Uint32Array;
}

/** As long as the plan itself is kept. */
const known = new WeakMap<SeatPlan, Map<number, Template>>();

/** The body of a list of seats (`SeatListDto`), in UTF-8. */
export function renderSeatList({ version, plan, sections }: SeatList): Buffer {
  const head = Buffer.from(`{"version":${version},"data":[`);
  const templates = sections.map(({ stored }) => templateOf(plan, stored.section));
  const length = templates.reduce((sum, { json }) => sum + json.length + 1, 0);
  const body = Buffer.allocUnsafe(head.length + length + 2);
  let end = head.copy(body);
  for (const [i, template] of templates.entries()) {
    if (i) end += body.write(',', end);
    fillIn(body, end, template, sections[i]!);
    end += template.json.length;
  }
  end += body.write(']}', end);
  return body.subarray(0, end);
}

function fillIn(body: Buffer, start: number, { json, statusAt }: Template, seats: SectionSeats): void {
  json.copy(body, start);
  for (let at = 0; at < statusAt.length; at++) {
    const status = seats.statusOf(at);
    if (status !== 'free') STATUS[status].copy(body, start + statusAt[at]!);
  }
}

function templateOf(plan: SeatPlan, position: number): Template {
  const ofPlan = known.get(plan) ?? new Map<number, Template>();
  known.set(plan, ofPlan);
  const template = ofPlan.get(position) ?? makeTemplate(plan, position);
  ofPlan.set(position, template);
  return template;
}

function makeTemplate(plan: SeatPlan, position: number): Template {
  const section = plan.section(position);
  const statusAt = new Uint32Array(section.seats);
  const inSection = `"section":${JSON.stringify(section.name)}`;
  const ofType = `"ticketTypeId":"${formatId('ticketType', section.ticketTypeId)}"`;
  let end = 0;
  const seats = section.rows.flatMap(({ name, seats: count, first }) => {
    const inRow = `${inSection},"row":${JSON.stringify(name)}`;
    return Array.from({ length: count }, (_, i) => {
      const at = first + i;
      const id = formatId('seat', plan.idOf({ section: position, at }));
      const head = `{"id":"${id}",${inRow},"number":"${i + 1}",${ofType},"status":`;
      statusAt[at] = end + Buffer.byteLength(head);
      // The status, the brace and the comma that follows.
      end = statusAt[at] + STATUS.free.length + 2;
      return `${head}${STATUS.free.toString()}}`;
    });
  });
  return { json: Buffer.from(seats.join(',')), statusAt };
}
