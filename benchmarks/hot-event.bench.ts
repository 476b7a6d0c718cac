import { type Benchmark, bar } from './harness/benchmark.js';
import { compareInProcess } from './harness/strategies.run.js';

export default {
  asks: 'How many bookings a second does one event take, when everything but HTTP is counted?',
  async run(context) {
    const shape = context.quick ? { rounds: 3, secondsARun: 1 } : { rounds: 7, secondsARun: 3 };
    const found = await compareInProcess(context, {
      clients: 128,
      slots: [0],
      poolSizes: [1, 2, 4, 8],
      ...shape,
    });
    const { laneToTextbook, laneToSingleStatement } = found.ratios;
    return {
      ...found,
      bars: [
        bar('lane to textbook', '>=', 40, laneToTextbook),
        bar('lane to single statement at its best pool size', '>=', 8, laneToSingleStatement),
      ],
    };
  },
} satisfies Benchmark;
