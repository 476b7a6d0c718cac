import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** How a command of apps/cli ended. */
export interface Ended {
  status: number | null;
  output: string;
}

/**
 * Runs a command of the built apps/cli (`npm run build` first) with nothing in its environment but `env`.
 * @param onOutput is given all that was written so far, each time there is more
 */
export function runProgram(
  args: string[],
  env: NodeJS.ProcessEnv,
  onOutput: (output: string) => void = () => undefined,
): Promise<Ended> {
  const script = join(process.cwd(), 'dist/apps/cli/src/main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString();
      onOutput(output);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
