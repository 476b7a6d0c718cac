import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataFolder } from './data-folder.js';

/** A process that an earlier start left behind; `started` tells it from a later one of the same number. */
interface Noted {
  name: string;
  pid: number;
  started: string;
}

/** In the order of starting. */
export function noteProcesses(folder: DataFolder, processes: { name: string; pid: number }[]): void {
  const noted = processes.map(({ name, pid }) => ({ name, pid, started: startOf(pid) ?? '' }));
  writeFileSync(folder.processes, JSON.stringify(noted, null, 2), { mode: 0o600 });
}

/**
 * Stops what a start that was killed has left running on this folder: first those it noted, the last first, then
 * whatever PostgreSQL still serves the data. Gives their names.
 */
export async function stopLeftovers(folder: DataFolder): Promise<string[]> {
  const stopped: string[] = [];
  const noted = existsSync(folder.processes)
    ? (JSON.parse(readFileSync(folder.processes, 'utf8')) as Noted[])
    : [];
  for (const { name, pid, started } of noted.reverse()) {
    if (startOf(pid) !== started) continue;
    await stop(pid, name.startsWith('PostgreSQL') ? 'SIGINT' : 'SIGTERM');
    stopped.push(name);
  }
  for (const dataDir of [folder.replica, folder.primary]) {
    const pid = postmasterOf(dataDir);
    if (pid === null) continue;
    await stop(pid, 'SIGINT');
    stopped.push(`PostgreSQL on ${dataDir}`);
  }
  return stopped;
}

/** The living server of this data. A stale pid file, whose number may be another process's by now, is removed. */
function postmasterOf(dataDir: string): number | null {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file) || !existsSync('/proc/self')) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (workingFolderOf(pid) === realpathSync(dataDir)) return pid;
  rmSync(file);
  return null;
}

/** PostgreSQL works in its data folder. */
function workingFolderOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null; // gone, or another user's: not ours
  }
}

/** When a process started, in ticks since the machine did; null when there is none (or no /proc). */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; of the columns after it the first is state (3), start is column 22.
    const columns = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return columns[0] === 'Z' ? null : columns[19]!;
  } catch {
    return null;
  }
}

async function stop(pid: number, signal: NodeJS.Signals): Promise<void> {
  const started = startOf(pid);
  const isThere = () => startOf(pid) === started;
  for (const [next, patience] of [[signal, 30_000] as const, ['SIGKILL', 10_000] as const]) {
    if (!isThere()) return;
    process.kill(pid, 'SIGCONT'); // a frozen process hears nothing else
    process.kill(pid, next);
    for (const deadline = Date.now() + patience; isThere() && Date.now() < deadline;) await sleep(50);
  }
  if (isThere()) throw new Error(`Process ${pid}, left by an earlier start, does not end: stop it yourself`);
}
