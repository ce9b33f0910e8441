import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The oldest Node the package promises to run on, as `package.json` says it: `22.18.0`. */
const OLDEST = `${/\d+\.\d+/.exec(manifest(ROOT).engines.node)?.[0]}.0`;

interface Manifest {
  version: string;
  engines: { node: string };
  devDependencies: Record<string, string>;
  [field: string]: unknown;
}

export function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Somebody else's project, empty but for our package and a compiler. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'plandrop-package-'));
  /** of what was packed, without the leading `package/` */
  files: string[] = [];
  /** folder of the oldest Node; where it cannot be had, of the Node that runs this test */
  oldestNode = dirname(process.execPath);

  async setUp(): Promise<void> {
    const packed = await this.run(['npm', 'pack', '--json', '--pack-destination', this.folder], { cwd: ROOT });
    const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[')));
    this.files = files.map(({ path }: { path: string }) => path);
    this.write('package.json', JSON.stringify({ private: true, type: 'module' }));
    const { typescript } = manifest(ROOT).devDependencies;
    await this.run(['npm', 'install', '--prefer-offline', `./${filename}`, `typescript@${typescript}`]);
    if (process.platform !== 'linux') return;
    const prefix = join(this.folder, 'oldest-node');
    await this.run(['npm', 'install', '--prefer-offline', '--prefix', prefix, `node-linux-${process.arch}@${OLDEST}`]);
    this.oldestNode = join(prefix, 'node_modules', `node-linux-${process.arch}`, 'bin');
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /**
   * Runs a command in the project, with the machine's own PATH: what npm put in front of it for this repository is taken out.
   * @throws Error with its output when it exits with another code than `exits`
   */
  run(
    [command = '', ...args]: readonly string[],
    { cwd = this.folder, node, exits = 0 }: { cwd?: string; node?: string; exits?: number } = {},
  ): Promise<Ran> {
    const own = (process.env.PATH ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
    // The repository itself is built with its own Node.
    const first = cwd === ROOT ? [join(ROOT, 'node_modules/.bin')] : node === undefined ? [] : [node];
    const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|INIT_CWD|VITEST)/i.test(name));
    const env = { ...Object.fromEntries(kept), PATH: [...first, ...own].join(delimiter) };
    return new Promise((resolve, reject) => {
      execFile(command, args, { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        if (code === exits) resolve({ code, stdout, stderr });
        else
          reject(new Error(`${command} ${args.join(' ')} exited with ${code}\n${stdout}\n${stderr}`, { cause: error }));
      });
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
