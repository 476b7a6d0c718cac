import type { Occasion, Snapshot } from './booking-ledger.js';

/**
 * Which share of the bookings on the books stands to the end, by how long before the occasion they were made:
 * early bookings are cancelled far more often than late ones.
 */
const LEAD_EDGES = [3, 7, 14, 30, 60, 90, 120, 180, 270] as const;
export const LEAD_BANDS = LEAD_EDGES.length + 1;
/** Units of the wider population that a band's own share is weighed against. */
const PRIOR_UNITS = 20;

export function leadBand(leadDays: number): number {
  let band = 0;
  while (band < LEAD_EDGES.length && leadDays >= LEAD_EDGES[band]!) band++;
  return band;
}

/** Units on the books `horizon` days before the occasion by band; `untilEnd` counts only those that stood to the end. */
export function unitsByLead(
  snapshot: Snapshot,
  occasion: Occasion,
  horizon: number,
  untilEnd: boolean,
): Float64Array {
  const units = new Float64Array(LEAD_BANDS);
  for (const row of snapshot.standing(occasion, occasion.day - horizon)) {
    const gone = row.canceledAt !== null && row.canceledAt <= occasion.day;
    if (untilEnd && gone) continue;
    units[leadBand(occasion.day - row.bookedAt)]! += row.quantity;
  }
  return units;
}

/** Shares of units that stand, by band: all together, and by group, each drawn towards the wider one. */
export class SurvivalTable {
  private readonly on = new Map<string, Float64Array>();
  private readonly kept = new Map<string, Float64Array>();
  private readonly allOn = new Float64Array(LEAD_BANDS);
  private readonly allKept = new Float64Array(LEAD_BANDS);

  add(group: string, on: Float64Array, kept: Float64Array): void {
    accumulate(this.allOn, on);
    accumulate(this.allKept, kept);
    accumulate(entry(this.on, group), on);
    accumulate(entry(this.kept, group), kept);
  }

  /** Forgets: everything counted so far weighs `factor` of what it did. */
  fade(factor: number): void {
    for (const table of [this.allOn, this.allKept, ...this.on.values(), ...this.kept.values()]) {
      for (let i = 0; i < table.length; i++) table[i]! *= factor;
    }
  }

  /** The expected units of `on` (units by band) that stand to the end. */
  expectedKept(group: string, on: Float64Array): number {
    const groupOn = this.on.get(group);
    const groupKept = this.kept.get(group);
    const overall = share(sum(this.allKept), sum(this.allOn), 1);
    let expected = 0;
    for (let band = 0; band < LEAD_BANDS; band++) {
      if (on[band] === 0) continue;
      const all = share(this.allKept[band]!, this.allOn[band]!, overall);
      const own = groupOn && groupKept ? share(groupKept[band]!, groupOn[band]!, all) : all;
      expected += on[band]! * own;
    }
    return expected;
  }
}

function share(kept: number, on: number, prior: number): number {
  return (kept + PRIOR_UNITS * prior) / (on + PRIOR_UNITS);
}

function entry(map: Map<string, Float64Array>, key: string): Float64Array {
  let found = map.get(key);
  if (!found) map.set(key, (found = new Float64Array(LEAD_BANDS)));
  return found;
}

function accumulate(into: Float64Array, from: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += from[i]!;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
