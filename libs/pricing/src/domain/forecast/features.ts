import { type GroupBook, type Occasion, Snapshot, weekdayOf } from './booking-ledger.js';
import { type GammaPrior, fitGammaPrior, posteriorRate } from './empirical-bayes.js';
import { type LikeHistory, additivePickup, likeHistory, likeOccasions } from './pickup.js';

/** Names of the features in order: the columns of the models after the intercept. */
export const FEATURES = [
  'log pickup forecast',
  'log on the books',
  'log final of like occasions',
  'log pickup forecast of neighbours',
  'pace of neighbours against their like',
  'log final of recent occasions',
  'log pickup of like occasions',
  'log pickup of recent occasions',
  'log price against like occasions',
  ...['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
  'annual sine',
  'annual cosine',
] as const;
export const ANNUAL_FEATURES = 2;

const NEIGHBOURS_EACH_SIDE = 3;
const NEIGHBOUR_REACH_DAYS = 21;
const RECENT_FINALS = 14;
const RECENT_PICKUPS = 28;
const DAYS_A_YEAR = 365.25;

/** What a group with little history is drawn towards: the population's final units and pickup at a horizon. */
export interface LevelPriors {
  final: GammaPrior;
  pickup: GammaPrior;
}

/** Empirical Bayes over the groups' recent occasions that are over. */
export function fitLevelPriors(
  snapshot: Snapshot,
  books: readonly GroupBook[],
  horizon: number,
): LevelPriors {
  const finals = [];
  const pickups = [];
  for (const book of books) {
    const history = likeHistory(snapshot, snapshot.completed(book, RECENT_PICKUPS), horizon);
    if (history.count === 0) continue;
    finals.push({ count: history.finals, exposure: history.count });
    pickups.push({ count: Math.max(0, history.finals - history.onBooks), exposure: history.count });
  }
  return { final: fitGammaPrior(finals), pickup: fitGammaPrior(pickups) };
}

export interface OccasionView {
  onBooks: number;
  /** Additive pickup, with the population's pickup where the group has little history. */
  pickup: number;
  /** As in FEATURES. */
  features: Float64Array;
}

/** Everything a model may use of one occasion, `horizon` days ahead: computed from the snapshot alone. */
export function viewOccasion(
  snapshot: Snapshot,
  book: GroupBook,
  occasion: Occasion,
  horizon: number,
  priors: LevelPriors,
): OccasionView {
  const like = likeOccasions(snapshot, book, occasion.day);
  const history = likeHistory(snapshot, like, horizon);
  const onBooks = snapshot.onBooks(occasion);
  const pickup = steadyPickup(onBooks, history, priors);
  const neighbours = surveyNeighbours(snapshot, book, occasion, pickup, priors);
  const recentFinals = likeHistory(snapshot, snapshot.completed(book, RECENT_FINALS), 0);
  const recent = likeHistory(snapshot, snapshot.completed(book, RECENT_PICKUPS), horizon);
  const season = (2 * Math.PI * occasion.day) / DAYS_A_YEAR;
  const features = Float64Array.from([
    log(pickup),
    log(onBooks),
    log(posteriorRate(priors.final, history.finals, history.count)),
    log(neighbours.pickup),
    neighbours.pace,
    log(posteriorRate(priors.final, recentFinals.finals, recentFinals.count)),
    log(posteriorRate(priors.pickup, history.finals - history.onBooks, history.count)),
    log(posteriorRate(priors.pickup, recent.finals - recent.onBooks, recent.count)),
    relativePrice(snapshot, occasion, like, horizon),
    ...Array.from({ length: 7 }, (_, weekday) => (weekdayOf(occasion.day) === weekday ? 1 : 0)),
    Math.sin(season),
    Math.cos(season),
  ]);
  return { onBooks, pickup, features };
}

const ENOUGH_LIKE = 3;

function steadyPickup(onBooks: number, history: LikeHistory, priors: LevelPriors): number {
  if (history.count >= ENOUGH_LIKE) return additivePickup(onBooks, history);
  return Math.max(0, onBooks + posteriorRate(priors.pickup, history.finals - history.onBooks, history.count));
}

/** The mean pickup forecast of the nearest occasions, and how their bookings stand against those of their like. */
function surveyNeighbours(
  snapshot: Snapshot,
  book: GroupBook,
  occasion: Occasion,
  own: number,
  priors: LevelPriors,
) {
  let forecasts = 0;
  let count = 0;
  let standing = 0;
  let expected = 0;
  const neighbours = snapshot.neighbours(book, occasion.day, NEIGHBOURS_EACH_SIDE, NEIGHBOUR_REACH_DAYS);
  for (const neighbour of [...neighbours, occasion]) {
    const ahead = Math.max(0, neighbour.day - snapshot.day);
    const onBooks = snapshot.onBooks(neighbour, Math.min(snapshot.day, neighbour.day));
    const history = likeHistory(snapshot, likeOccasions(snapshot, book, neighbour.day), ahead);
    if (neighbour !== occasion) {
      forecasts += ahead === 0 ? onBooks : steadyPickup(onBooks, history, priors);
      count++;
    }
    if (ahead > 0 && history.count > 0) {
      standing += onBooks;
      expected += history.onBooks / history.count;
    }
  }
  return { pickup: count > 0 ? forecasts / count : own, pace: Math.log((standing + 5) / (expected + 5)) };
}

/** Log of the mean price on the books against that of like occasions at the same horizon; 0 where unknown. */
function relativePrice(
  snapshot: Snapshot,
  occasion: Occasion,
  like: readonly Occasion[],
  horizon: number,
): number {
  const own = meanPrice(snapshot, [occasion], snapshot.day - occasion.day);
  const others = meanPrice(snapshot, like, -horizon);
  return own > 0 && others > 0 ? Math.max(-1, Math.min(1, Math.log(own / others))) : 0;
}

function meanPrice(snapshot: Snapshot, occasions: readonly Occasion[], offset: number): number {
  let units = 0;
  let money = 0;
  for (const occasion of occasions) {
    for (const row of snapshot.standing(occasion, occasion.day + offset)) {
      if (row.price === null || row.price <= 0) continue;
      units += row.quantity;
      money += row.quantity * row.price;
    }
  }
  return units > 0 ? money / units : 0;
}

function log(value: number): number {
  return Math.log1p(Math.max(0, value));
}
