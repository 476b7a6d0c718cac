import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const repository = process.cwd();
const RULES = ['lint', 'eslint.config.mjs', '.dependency-cruiser.mjs', 'tsconfig.json', 'package.json'];

/** Libraries of every kind; `lottery` is not born yet and has no line in any rule. */
const LIBRARIES = [
  'kernel',
  'contracts',
  'config',
  'sharding',
  'inventory',
  'identity',
  'catalog',
  'booking',
  'notifications',
  'lottery',
];

/** A copy of the house's rules over an empty house, in which a test plants files. */
export class PlantedHouse {
  private constructor(private readonly root: string) {}

  static async build(): Promise<PlantedHouse> {
    const root = await mkdtemp(join(tmpdir(), 'evently-house-'));
    for (const file of RULES) await cp(join(repository, file), join(root, file), { recursive: true });
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
    const house = new PlantedHouse(root);
    for (const lib of LIBRARIES) await house.plant(`libs/${lib}/src/index.ts`, 'export const planted = 1;\n');
    return house;
  }

  async plant(path: string, source: string): Promise<void> {
    const file = join(this.root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, source);
  }

  /** What ESLint says, as `rule: message`, by path. */
  async lint(): Promise<Map<string, string[]>> {
    const bin = join(repository, 'node_modules/eslint/bin/eslint.js');
    const { stdout } = await this.run([bin, '.', '--format', 'json']);
    const results = JSON.parse(stdout) as {
      filePath: string;
      messages: { ruleId: string | null; message: string }[];
    }[];
    return new Map(
      results.map((result) => [
        result.filePath.slice(result.filePath.indexOf(this.root) + this.root.length + 1),
        result.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`),
      ]),
    );
  }

  /** What dependency-cruiser says, as `rule: from`. */
  async cruise(): Promise<string[]> {
    const bin = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const { stdout } = await this.run([bin, '--config', '.dependency-cruiser.mjs', '-T', 'json', 'libs']);
    const { summary } = JSON.parse(stdout) as {
      summary: { violations: { from: string; rule: { name: string } }[] };
    };
    return summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true });
  }

  private run(args: string[]): Promise<{ stdout: string; stderr: string }> {
    return new Promise((resolve, reject) => {
      const options = {
        cwd: this.root,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, NODE_OPTIONS: '' },
      };
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        // A broken rule gives exit status 1, a broken configuration another one or no JSON.
        if (stdout.startsWith('[') || stdout.startsWith('{')) resolve({ stdout, stderr });
        else reject(new Error(`${args[0]} said: ${stderr || stdout || (error?.message ?? 'nothing')}`));
      });
    });
  }
}
