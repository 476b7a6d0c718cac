import { parentPort, workerData } from 'node:worker_threads';
import { type SimulationOrder, simulateOrder } from './domain/market/simulation-order.js';

/** A thread's whole life: one simulation. */
parentPort!.postMessage(simulateOrder(workerData as SimulationOrder));
