import { type Benchmark, bar } from './harness/benchmark.js';
import { slotsEvenly } from './harness/sales.js';
import { compareInProcess } from './harness/strategies.run.js';

export default {
  asks: 'How many bookings a second do 1,000 events on 4 shards take together, in process?',
  async run(context) {
    const shape = context.quick ? { rounds: 3, secondsARun: 1 } : { rounds: 7, secondsARun: 3 };
    const found = await compareInProcess(context, {
      clients: 128,
      slots: slotsEvenly(1000),
      poolSizes: [2, 4, 8, 16],
      ...shape,
    });
    return { ...found, bars: [bar('lane to textbook', '>=', 10, found.ratios.laneToTextbook)] };
  },
} satisfies Benchmark;
