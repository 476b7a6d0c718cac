import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisServer } from '../../apps/cli/src/local-stack/index.js';
import type { Dice } from './effort.js';
import { LaneProcess } from './lane.process.js';

/** Strikes now and then until it is told to end. */
export function haunt(dice: Dice, strike: () => Promise<void>): { end: () => Promise<void> } {
  let over = false;
  const striking = (async () => {
    while (!over) {
      await pause(dice.roll(5, 100));
      await strike();
    }
  })();
  const end = () => {
    over = true;
    return striking;
  };
  return { end };
}

/** Kills or freezes one of the processes; one that was killed is started again with `env`, the frozen thaw. */
export async function strikeProcess(
  processes: LaneProcess[],
  env: NodeJS.ProcessEnv,
  dice: Dice,
): Promise<void> {
  const victim = dice.roll(0, processes.length - 1);
  if (dice.chance(0.5)) {
    await processes[victim]!.stop();
    processes[victim] = await LaneProcess.start(env);
  } else {
    const { [victim]: frozen } = processes;
    frozen!.kill('SIGSTOP');
    await pause(dice.roll(20, 1500));
    frozen!.kill('SIGCONT');
  }
}

/** Whoever has the turn in a lane, and who waits for it, is forgotten; or nobody is answered for a while. */
export async function strikeRedis(redis: RedisServer, dice: Dice): Promise<void> {
  const fault = dice.roll(1, 3);
  if (fault === 1) {
    await redis.kill();
    await pause(dice.roll(20, 500));
    await redis.restart();
  } else if (fault === 2) {
    process.kill(redis.pid, 'SIGSTOP');
    await pause(dice.roll(20, 1500));
    process.kill(redis.pid, 'SIGCONT');
  } else {
    const client = new Redis(redis.url());
    await client.flushall();
    client.disconnect();
  }
}
