import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tryLock } from '../../bootstrap/lock.mjs';

/** Below the range from which outgoing connections take theirs, so that none can be in the way later. */
const LOWEST = 10_000;
const HIGHEST = 32_767;

/**
 * A port of 127.0.0.1 that nobody listens on, and that no other caller on this machine is given while this process
 * lives: its server may come later, end, and start again.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const { release } = await tryLock(`port ${port}`, 'a server of tests');
    if (!release) continue;
    if (await isFree(port)) return port;
    release();
  }
  throw new Error(`No free port found between ${LOWEST} and ${HIGHEST}`);
}

/** Whether one can listen on this port on every address, and so on each. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '0.0.0.0')) && (await canListen(port, '127.0.0.1'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The process that listens on this port, like "node (pid 4711)"; null when we may not or cannot know. Linux only. */
export function holderOf(port: number): string | null {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(file, port));
  if (!inodes.length) return null;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const sockets = linksIn(`/proc/${pid}/fd`);
    if (inodes.some((inode) => sockets.includes(`socket:[${inode}]`))) {
      return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    }
  }
  return null;
}

/** Columns of /proc/net/tcp: 1 local address:port in hex, 3 state (0A listens), 9 inode. */
function listeningInodes(file: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readIfThere(file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${hex}`) && columns[3] === '0A')
    .map((columns) => columns[9]!);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // no /proc, or no IPv6
  }
}

function linksIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
  } catch {
    return []; // another user's process, or one that just ended
  }
}
