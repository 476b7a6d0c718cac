import { type BookingLedger, type GroupBook, Occasion, Snapshot } from './booking-ledger.js';
import { Combination } from './combination.js';
import { CountModel, type Example } from './count-model.js';
import { ANNUAL_FEATURES, FEATURES, type LevelPriors, fitLevelPriors, viewOccasion } from './features.js';
import { Intervals } from './intervals.js';
import { SurvivalTable, unitsByLead } from './survival.js';

/** What to forecast: the final net units of an occasion from what was known `horizon` days before it. */
export interface Target {
  group: string;
  occasion: number;
  /** Days, at least 0. */
  horizon: number;
}

export interface Forecast extends Target {
  /** Expected final net units. */
  mean: number;
  /** At the levels .1, .25, .5, .75, .9. */
  quantiles: number[];
}

/** A forecast waiting for its occasion to be over. */
interface Pending {
  book: GroupBook;
  occasion: Occasion;
  features: Float64Array;
  /** False while the population had too little history for the features to mean anything. */
  usable: boolean;
  /** False while there was none but pickup. */
  proven: boolean;
  standing: Float64Array;
  models: number[];
  mean: number;
  quantiles: number[];
}

const MODELS = 3;
const NEAR_DAYS = 3;
const FEWEST_COMPLETED = 4;
const FEWEST_EXAMPLES = 30;
const LONGEST_MEMORY_DAYS = 3 * 365;
const MOST_EXAMPLES = 12_000;
const DAYS_A_YEAR = 365;
const SURVIVAL_HALF_LIFE_DAYS = 180;

/**
 * Forecasts one horizon by walking through the days of the past as they came: at the end of each day it learns
 * from the occasions that ended, refits when due, and forecasts the occasions `horizon` days ahead. What it
 * says of a target depends on what was known at the target's snapshot, and on nothing else.
 */
export class HorizonForecaster {
  private readonly combination: Combination;
  private readonly intervals = new Intervals();
  private readonly survival = new SurvivalTable();
  private readonly pending = new Map<number, Pending[]>();
  private examples: (Example & { day: number; sold: number })[] = [];
  private priors: LevelPriors | undefined;
  private direct: CountModel | undefined;
  private sales: CountModel | undefined;
  private completed = 0;
  private readonly books: GroupBook[];

  constructor(
    private readonly ledger: BookingLedger,
    private readonly horizon: number,
  ) {
    this.books = ledger.groups();
    this.combination = new Combination(MODELS, horizon <= NEAR_DAYS ? 'near' : 'far');
  }

  /** @returns a forecast for each target, in their order. All must have this horizon. */
  run(targets: readonly Target[]): Forecast[] {
    if (targets.length === 0) return [];
    const wanted = new Map<string, Forecast | undefined>(
      targets.map((target) => [keyOf(target.group, target.occasion), undefined]),
    );
    const days = targets.map((target) => target.occasion - this.horizon);
    const last = days.reduce((a, b) => Math.max(a, b));
    const first = this.books.reduce(
      (day, book) => Math.min(day, book.occasions[0]?.day ?? day),
      days.reduce((a, b) => Math.min(a, b)),
    );
    for (let day = first; day <= last; day++) this.liveDay(new Snapshot(day), wanted);
    return targets.map((target) => wanted.get(keyOf(target.group, target.occasion))!);
  }

  private liveDay(snapshot: Snapshot, wanted: Map<string, Forecast | undefined>): void {
    this.learn(snapshot);
    if (this.isDue(snapshot.day)) this.refit(snapshot);
    const day = snapshot.day + this.horizon;
    const entries = this.books.map((book) => ({ book, key: keyOf(book.name, day), occasion: book.at(day) }));
    const waiting: Pending[] = [];
    for (const { book, key, occasion } of entries) {
      const asked = wanted.has(key);
      if (!occasion && !asked) continue;
      const pending = this.forecast(snapshot, book, occasion ?? new Occasion(day));
      if (occasion) waiting.push(pending);
      if (asked) {
        const { mean, quantiles } = pending;
        wanted.set(key, { group: book.name, occasion: day, horizon: this.horizon, mean, quantiles });
      }
    }
    if (waiting.length > 0) this.pending.set(day, waiting);
  }

  /** Takes in the occasions that ended with the snapshot's day. */
  private learn(snapshot: Snapshot): void {
    this.survival.fade(0.5 ** (1 / SURVIVAL_HALF_LIFE_DAYS));
    const over = this.pending.get(snapshot.day) ?? [];
    this.pending.delete(snapshot.day);
    for (const { book, occasion, features, usable, standing, models, mean, quantiles, proven } of over) {
      const final = snapshot.finalOf(occasion);
      const kept = unitsByLead(snapshot, occasion, this.horizon, true);
      this.survival.add(book.name, standing, kept);
      if (!usable) continue;
      const sold = Math.max(0, final - kept.reduce((sum, units) => sum + units, 0));
      this.examples.push({ group: book.name, day: occasion.day, features, count: final, sold });
      this.combination.learn(
        snapshot.day,
        book.name,
        proven ? models : models.slice(0, 1),
        final,
        Math.max(1, Math.expm1(features[LEVEL]!)),
      );
      this.intervals.learn(book.name, mean, final, quantiles);
    }
    this.intervals.closeDay();
    this.completed += this.books.reduce((sum, book) => sum + (book.at(snapshot.day) ? 1 : 0), 0);
  }

  /** Weekly at first, then seldom: a fit costs as much as it has examples. On days fixed by the calendar. */
  private isDue(day: number): boolean {
    if (!this.priors) return true;
    const every = this.examples.length < 400 ? 7 : this.examples.length < 4000 ? 14 : 28;
    return day % every === 0;
  }

  private refit(snapshot: Snapshot): void {
    this.priors = fitLevelPriors(snapshot, this.books, this.horizon);
    this.intervals.refit();
    this.examples = this.examples.filter((example) => example.day > snapshot.day - LONGEST_MEMORY_DAYS);
    const chosen = sample(this.examples, MOST_EXAMPLES);
    if (chosen.length < FEWEST_EXAMPLES) return;
    // Until a year has been seen, a season cannot be told from a trend.
    const seasons = snapshot.day - chosen[0]!.day >= DAYS_A_YEAR;
    const columns = seasons ? FEATURES.length : FEATURES.length - ANNUAL_FEATURES;
    this.direct = new CountModel(chosen, columns, PICKUP);
    this.sales = new CountModel(
      chosen.map((example) => ({ ...example, count: example.sold })),
      columns,
      LIKE_PICKUP,
    );
  }

  private forecast(snapshot: Snapshot, book: GroupBook, occasion: Occasion): Pending {
    const view = viewOccasion(snapshot, book, occasion, this.horizon, this.priors!);
    const standing = unitsByLead(snapshot, occasion, this.horizon, false);
    const direct = this.direct?.predict(book.name, view.features) ?? view.pickup;
    const sold = this.sales?.predict(book.name, view.features);
    const survivors =
      sold === undefined ? view.pickup : this.survival.expectedKept(book.name, standing) + sold;
    const models = [view.pickup, direct, survivors];
    const weights = this.combination.weights(book.name);
    const combined = models.reduce((sum, forecast, k) => sum + weights[k]! * forecast, 0);
    const quantiles = this.intervals.around(book.name, combined);
    const certain = quantiles[0] === quantiles.at(-1);
    const mean = certain ? quantiles[0]! : combined;
    const usable = this.completed >= FEWEST_COMPLETED;
    return {
      book,
      occasion,
      features: view.features,
      usable,
      proven: this.direct !== undefined,
      standing,
      models,
      mean,
      quantiles,
    };
  }
}

/** About `most` of a longer list, spread evenly by a fixed hash of the place, so that no group is favoured. */
function sample<T>(list: T[], most: number): T[] {
  const stride = Math.ceil(list.length / most);
  return stride > 1 ? list.filter((_, i) => (Math.imul(i, 0x9e3779b1) >>> 0) % stride === 0) : list;
}

const PICKUP = FEATURES.indexOf('log pickup forecast');
const LIKE_PICKUP = FEATURES.indexOf('log pickup of like occasions');
const LEVEL = FEATURES.indexOf('log final of recent occasions');

function keyOf(group: string, day: number): string {
  return `${day} ${group}`;
}

/** Forecasts targets of any horizons; in their order. */
export function forecastTargets(
  ledger: BookingLedger,
  targets: readonly Target[],
  onHorizon?: (horizon: number) => void,
): Forecast[] {
  const byHorizon = new Map<number, number[]>();
  targets.forEach(({ horizon }, i) => {
    const list = byHorizon.get(horizon);
    if (list) list.push(i);
    else byHorizon.set(horizon, [i]);
  });
  const results: Forecast[] = new Array(targets.length);
  for (const [horizon, indices] of byHorizon) {
    const forecasts = new HorizonForecaster(ledger, horizon).run(indices.map((i) => targets[i]!));
    indices.forEach((i, k) => (results[i] = forecasts[k]!));
    onHorizon?.(horizon);
  }
  return results;
}
