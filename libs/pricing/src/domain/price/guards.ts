import { createHash } from 'node:crypto';

/**
 * Guards between what the model asks and what is published. First those that set the price aside, in this order:
 * kill switch (base price), override, hold-out (base price), stale fit, failed data check, freeze before the start,
 * cool-down (all of these keep the last price). Then those that clip it: order of classes, floor and ceiling,
 * largest step a review, largest step a day, hysteresis, rounding to price points, floor and ceiling again.
 * Prices are whole minor units.
 */
export interface GuardSettings {
  mode: 'live' | 'shadow';
  floor: number;
  ceiling: number;
  /** Largest change a review and a day, up or down, as a share of the price before: .1 is 10 %. */
  largestStep: number;
  largestDayStep: number;
  /** Smaller changes than this share are not made. */
  hysteresis: number;
  /** Prices are multiples of this many minor units. */
  pricePoint: number;
  /** Least time between two changes. */
  coolDownMs: number;
  /** No change in this time before the event starts. */
  freezeMs: number;
}

export interface GuardContext {
  now: number;
  startsAt: number;
  base: number;
  /** What is asked now. */
  lastPrice: number;
  /** null if never changed. */
  lastChangedAt: number | null;
  /** What was asked 24 hours ago. */
  dayAgoPrice: number;
  /** Prices of the next cheaper and the next dearer class; null if there is none. */
  cheaperClass: number | null;
  dearerClass: number | null;
  killSwitch: boolean;
  override: { price: number; until: number | null } | null;
  heldOut: boolean;
  /** When the model was last fitted, and what its data check found wrong; null if nothing. */
  fittedAt: number;
  dataFault: string | null;
}

export const STALE_FIT_MS = 48 * 3_600_000;

export interface GuardedPrice {
  /** What is to be published: in shadow mode the last price. */
  price: number;
  /** What would be published live. */
  wanted: number;
  /** Each guard that acted, in order: what came in and what went out. */
  clips: { guard: string; from: number; to: number }[];
  alerts: string[];
}

type Clip = readonly [guard: string, clip: (price: number) => number];

/** @param asked the model's price, in minor units, not rounded */
export function guardPrice(asked: number, settings: GuardSettings, context: GuardContext): GuardedPrice {
  const setAside = setPriceAside(context, settings);
  const clips: GuardedPrice['clips'] = [];
  let price = asked;
  for (const [guard, clip] of setAside?.clips ?? clippingGuards(settings, context)) {
    const clipped = clip(price);
    if (clipped !== price) clips.push({ guard, from: price, to: clipped });
    price = clipped;
  }
  const alerts = setAside?.alert ? [setAside.alert] : [];
  if (settings.mode === 'live') return { price, wanted: price, clips, alerts };
  if (price !== context.lastPrice) clips.push({ guard: 'shadow mode', from: price, to: context.lastPrice });
  return { price: context.lastPrice, wanted: price, clips, alerts };
}

/** Reasons not to follow the model at all; the first that holds decides. */
function setPriceAside(
  context: GuardContext,
  settings: GuardSettings,
): { clips: Clip[]; alert?: string } | undefined {
  const { now, base, lastPrice, override, fittedAt, dataFault, startsAt, lastChangedAt } = context;
  const within = withinBounds(settings);
  const keep = (guard: string, alert?: string) => ({
    clips: [[guard, () => lastPrice], within] satisfies Clip[],
    alert,
  });
  if (context.killSwitch) return { clips: [['kill switch', () => base]] };
  if (override && (override.until === null || now < override.until))
    return { clips: [['override', () => override.price]] };
  if (context.heldOut) return { clips: [['hold-out', () => base]] };
  if (now - fittedAt > STALE_FIT_MS)
    return keep('stale fit', `the fit is ${Math.floor((now - fittedAt) / 3_600_000)} hours old`);
  if (dataFault !== null) return keep('data check', dataFault);
  if (startsAt - now < settings.freezeMs) return keep('freeze');
  if (lastChangedAt !== null && now - lastChangedAt < settings.coolDownMs) return keep('cool-down');
  return undefined;
}

function clippingGuards(settings: GuardSettings, context: GuardContext): Clip[] {
  const { lastPrice, dayAgoPrice, cheaperClass, dearerClass } = context;
  const { largestStep, largestDayStep, hysteresis, pricePoint } = settings;
  const steps: [number, number] = [
    Math.max(lastPrice * (1 - largestStep), dayAgoPrice * (1 - largestDayStep)),
    Math.min(lastPrice * (1 + largestStep), dayAgoPrice * (1 + largestDayStep)),
  ];
  return [
    ['order of classes', (price) => Math.max(cheaperClass ?? 0, Math.min(dearerClass ?? Infinity, price))],
    withinBounds(settings),
    [
      'largest step a review',
      (price) => clamp(price, lastPrice * (1 - largestStep), lastPrice * (1 + largestStep)),
    ],
    [
      'largest step a day',
      (price) => clamp(price, dayAgoPrice * (1 - largestDayStep), dayAgoPrice * (1 + largestDayStep)),
    ],
    ['hysteresis', (price) => (Math.abs(price - lastPrice) < hysteresis * lastPrice ? lastPrice : price)],
    ['rounding', (price) => (price === lastPrice ? price : roundWithin(price, pricePoint, steps, lastPrice))],
    withinBounds(settings),
  ];
}

function withinBounds({ floor, ceiling }: GuardSettings): Clip {
  return ['floor and ceiling', (price) => clamp(price, floor, ceiling)];
}

/** The nearest price point that the steps allow; the last price if they allow none. */
function roundWithin(
  price: number,
  point: number,
  [low, high]: readonly [number, number],
  lastPrice: number,
): number {
  const nearest = Math.round(price / point) * point;
  const candidates = [nearest, nearest < low ? nearest + point : nearest - point];
  return candidates.find((candidate) => candidate >= low - 1e-9 && candidate <= high + 1e-9) ?? lastPrice;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/**
 * Whether an event or a ticket type is held out at its base price, to measure what pricing earns: by its id,
 * never by the buyer, and always the same for one experiment.
 * @param share of ids that are held out, 0 to 1
 */
export function isHeldOut(id: string, experiment: string, share: number): boolean {
  return hashToUnit(`${experiment}\0${id}`) < share;
}

/** A randomised offset of the log price within ±size, the same for one id and one bucket of time. */
export function randomOffset(id: string, bucket: number, size: number): number {
  return size * (2 * hashToUnit(`offset\0${id}\0${bucket}`) - 1);
}

function hashToUnit(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
