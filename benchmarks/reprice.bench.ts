import {
  type GuardContext,
  type GuardSettings,
  type PriceInputs,
  optimalPrice,
  recommendPrice,
} from '#libs/pricing';
import { type Benchmark, type Context, type Findings, type Row, bar } from './harness/benchmark.js';

const TICKET_TYPES = 100_000;
const QUICK_TICKET_TYPES = 20_000;
const BUDGET_SECONDS = 60;
const LARGE_STOCK = 100_000;
const LARGE_STOCK_BUDGET_MS = 5;
const NOW = 1_790_000_000_000;
const DAY_MS = 86_400_000;
/** Of the sum of a price's factors against ln(price/base). */
const TOLERANCE = 1e-9;

const SETTINGS: GuardSettings = {
  mode: 'live',
  floor: 1000,
  ceiling: 40_000,
  largestStep: 0.1,
  largestDayStep: 0.2,
  hysteresis: 0.01,
  pricePoint: 50,
  coolDownMs: 3_600_000,
  freezeMs: DAY_MS,
};

const benchmark: Benchmark = {
  asks: 'how long posterior, price, guards and explanation of 100,000 ticket types take on one core',
  async run({ quick, say }: Context): Promise<Findings> {
    const largeStock = priceLargeStocks();
    const count = quick ? QUICK_TICKET_TYPES : TICKET_TYPES;
    const millis = new Float64Array(count);
    const faults: string[] = [];
    const cpu = process.cpuUsage();
    const begun = performance.now();
    let moved = 0;
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      const { inputs, context } = ticketType(i);
      const { price, factors } = recommendPrice(inputs, SETTINGS, context);
      millis[i] = performance.now() - started;
      if (price !== context.lastPrice) moved++;
      const sum = factors.reduce((total, { contribution }) => total + contribution, 0);
      const off = Math.abs(sum - Math.log(price / inputs.base));
      if (!(off < TOLERANCE)) faults.push(`the factors of ticket type ${i} are off by ${off}`);
      if (!(price >= SETTINGS.floor && price <= SETTINGS.ceiling)) faults.push(`price ${price} of ${i}`);
      if (i % 20_000 === 0) say(`${i} of ${count}`);
    }
    const elapsed = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    if (moved === 0) faults.push('no price moved');
    millis.sort();
    const seconds = (elapsed * TICKET_TYPES) / count;
    return {
      rows: [
        {
          strategy: 'reprice',
          perSecond: count / elapsed,
          p50Ms: millis[Math.floor(count * 0.5)]!,
          p99Ms: millis[Math.floor(count * 0.99)]!,
          cpuMicros: (user + system) / count,
        },
        largeStock,
      ],
      ratios: { seconds },
      bars: [
        bar('seconds for 100,000 ticket types', '<=', BUDGET_SECONDS, seconds),
        bar('ms for the closed form of 100,000 units, p99', '<=', LARGE_STOCK_BUDGET_MS, largeStock.p99Ms),
      ],
      faults: faults.slice(0, 20),
      checked: { ticketTypes: count, moved },
      setting: { ticketTypes: count, periods: '1 to 20 a ticket type', cpu: 'of this process' },
    };
  },
};

export default benchmark;

/** The closed form where it costs most: about as many buyers as units. */
function priceLargeStocks(): Row {
  const millis = new Float64Array(1000);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  for (let i = 0; i < millis.length; i++) {
    const started = performance.now();
    optimalPrice(
      { arrivals: Math.E * LARGE_STOCK * (0.99 + i / 50_000), priceSensitivity: 0.02 },
      LARGE_STOCK,
    );
    millis[i] = performance.now() - started;
  }
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  millis.sort();
  return {
    strategy: 'closed form of 100,000 units',
    perSecond: millis.length / seconds,
    p50Ms: millis[500]!,
    p99Ms: millis[990]!,
    cpuMicros: (user + system) / millis.length,
  };
}

/** Ticket types of all ages and paces; those with the same number are the same. */
function ticketType(i: number): { inputs: PriceInputs; context: GuardContext } {
  const capacity = 50 + (i % 40) * 25;
  const periods = 1 + (i % 20);
  const base = 2000 + (i % 30) * 250;
  const each = Math.max(0, Math.floor((capacity * (0.2 + (i % 7) / 10)) / 20));
  const sales = Array.from({ length: periods }, (_, k) => ({
    share: 0.045,
    price: base * (0.9 + ((i + 3 * k) % 5) / 20),
    sold: Math.max(0, each + ((i + k) % 3) - 1),
    soldOut: false,
  }));
  const sold = sales.reduce((sum, period) => sum + period.sold, 0);
  const lastPrice = Math.min(SETTINGS.ceiling, Math.max(SETTINGS.floor, Math.round(base / 50) * 50));
  return {
    inputs: {
      base,
      capacity,
      remaining: Math.max(1, capacity - sold),
      history: null,
      calendar: 0.9 + (i % 3) / 10,
      sales,
      dispersion: 1 + (i % 4) / 4,
      waiting: i % 5 === 0 ? 3 : 0,
      shareLeft: 1 - 0.045 * periods,
      offset: ((i % 11) - 5) / 250,
    },
    context: {
      now: NOW,
      startsAt: NOW + 30 * DAY_MS,
      base,
      lastPrice,
      lastChangedAt: null,
      dayAgoPrice: lastPrice,
      cheaperClass: null,
      dearerClass: null,
      killSwitch: false,
      override: null,
      heldOut: false,
      fittedAt: NOW - 3_600_000,
      dataFault: null,
    },
  };
}
