import { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import { refusals } from '#libs/kernel';
import type { SimulationOrder } from './domain/market/simulation-order.js';
import type { Standing } from './domain/market/tournament.js';

const AT_ONCE = 1;
const MOST_SECONDS = 30;
const THREAD = new URL('./simulation.thread.js', import.meta.url);

/** Runs simulations in a thread of their own, one at a time in a process, so that selling never waits for one. */
@Injectable()
export class Simulations {
  private running = 0;

  async run(order: SimulationOrder): Promise<Standing> {
    if (this.running >= AT_ONCE)
      throw refusals.overloaded('Another simulation is running; nothing was done.');
    this.running++;
    const thread = new Worker(THREAD, { workerData: order, resourceLimits: { maxOldGenerationSizeMb: 256 } });
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Standing>((resolve, reject) => {
        thread.once('message', resolve);
        thread.once('error', reject);
        thread.once('exit', (code) => reject(new Error(`the simulation ended with ${code} and no answer`)));
        timer = setTimeout(
          () => reject(refusals.overloaded(`The simulation took more than ${MOST_SECONDS} s; ask for less.`)),
          MOST_SECONDS * 1000,
        );
      });
    } finally {
      clearTimeout(timer);
      await thread.terminate();
      this.running--;
    }
  }
}
