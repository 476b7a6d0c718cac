import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dyingWithUs } from '../../apps/cli/bootstrap/run.mjs';
import { makeRunFolder, removeLeftFolders } from '../support/run-folders.js';
import type { JestReport } from './verdict.js';

const PREFIX = 'evently-planted-';
/** Top folders that a copy does not need of its own. */
const LEFT_OUT = ['node_modules', '.git', '.evently'];

/** A copy of the checkout, in which bugs are planted; the packages are those of the checkout. */
export class CopiedTree {
  readonly root: string;
  private running: ChildProcess | null = null;

  private constructor(root: string) {
    this.root = root;
  }

  static async of(checkout: string): Promise<CopiedTree> {
    await removeLeftFolders([tmpdir()], PREFIX);
    const root = await makeRunFolder(tmpdir(), PREFIX);
    const leftOut = LEFT_OUT.map((name) => join(checkout, name));
    await cp(checkout, root, { recursive: true, filter: (path) => !leftOut.includes(path) });
    await symlink(join(checkout, 'node_modules'), join(root, 'node_modules'));
    return new CopiedTree(root);
  }

  /** Compiles what differs. Throws with what the compiler says. */
  async build(): Promise<void> {
    const { status, output } = await this.run(['apps/cli/bootstrap.mjs', 'build']);
    if (status !== 0) throw new Error(`it does not compile:\n${output.slice(-2000)}`);
  }

  /** Runs the tests of these specs whose full names contain one of these. */
  async jest(specs: readonly string[], names: readonly string[]): Promise<JestReport> {
    const report = join(this.root, 'planted-report.json');
    rmSync(report, { force: true });
    const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
    const chosen = ['--testNamePattern', names.map(literally).join('|'), '--runTestsByPath', ...specs];
    const { output } = await this.run([...jest, '--json', `--outputFile=${report}`, ...chosen]);
    if (!existsSync(report)) throw new Error(`Jest wrote no report:\n${output.slice(-2000)}`);
    return JSON.parse(readFileSync(report, 'utf8')) as JestReport;
  }

  /** Ends what runs in it and removes it. */
  async remove(): Promise<void> {
    const child = this.running;
    if (child) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.root, { recursive: true, force: true });
  }

  private async run(args: string[]): Promise<{ status: number | null; output: string }> {
    const [command, all] = dyingWithUs(process.execPath, args, 'TERM');
    const env = { ...process.env, FORCE_COLOR: '0' };
    const child = spawn(command, all, { cwd: this.root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.running = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    this.running = null;
    return { status, output };
  }
}

function literally(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
