import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * A lock that the kernel gives back when its holder dies, however it dies: a listening socket in Linux's abstract
 * name space, which leaves no file behind. Whoever connects is told who holds it, and hears the end of it.
 *
 * @typedef {{ pid: number, since: string, what: string }} Holder
 */

/**
 * Takes the lock, or tells who has it.
 * @param {string} name
 * @param {string} what what the holder does, for those who are refused
 * @returns {Promise<{ release: () => void, heldBy: null } | { release: null, heldBy: Holder }>}
 */
export async function tryLock(name, what) {
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('close', () => waiting.delete(socket)).on('error', () => undefined);
    socket.write(`${JSON.stringify({ pid: process.pid, since: started, what })}\n`);
  });
  const waiting = new Set();
  const started = new Date().toISOString();
  for (;;) {
    const taken = await new Promise((resolve, reject) => {
      server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      server.listen({ path: address(name) }, () => resolve(true));
    });
    if (taken) {
      server.unref();
      const release = () => {
        server.close();
        for (const socket of waiting) socket.destroy();
      };
      return { release, heldBy: null };
    }
    const heldBy = await lockHolder(name);
    if (heldBy) return { release: null, heldBy };
  }
}

/**
 * Waits until nobody else has the lock, and takes it.
 * @param {string} name
 * @param {string} what
 * @param {(holder: Holder) => void} onWait
 * @returns {Promise<() => void>} gives it back
 */
export async function waitForLock(name, what, onWait) {
  for (;;) {
    const { release, heldBy } = await tryLock(name, what);
    if (release) return release;
    onWait(heldBy);
    await ask(name, 'end');
  }
}

/**
 * @param {string} name
 * @returns {Promise<Holder | null>}
 */
export async function lockHolder(name) {
  const text = await ask(name, 'first line');
  return text.includes('\n') ? JSON.parse(text) : null;
}

/** What the holder says: its first line, or all until its end; empty when there is none. */
function ask(name, until) {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ path: address(name) });
    socket.on('data', (data) => {
      text += data.toString();
      if (until === 'first line' && text.includes('\n')) socket.destroy();
    });
    socket.on('error', () => undefined); // refused or reset: the holder is gone, which `close` tells
    socket.on('close', () => resolve(text));
  });
}

/** The name in the abstract space: at most 107 bytes, so a hash. */
function address(name) {
  return `\0evently-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
