import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type SimulatorOptions, startSimulator } from '../../simulator/index.ts';
import { Canary } from './canary.ts';

/** Runs the real command line as a user does: its own process, real sockets, real files. */

const ROOT = resolve(import.meta.dirname, '../..');
const CLI = join(ROOT, 'cli/plandrop.ts');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export type Environment = Readonly<Record<string, string>>;

/** Variables of this process that a test must not inherit: a developer may have set them. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(ANAPLAN|PLANDROP|AWS)_/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}

/** Of the tests of this file that are under way: what a command prints is searched for the secrets of each. */
const canaries = new Set<Canary>();
const SECRETS = /PASSWORD|PRIVATE_KEY|PASSPHRASE|REFRESH_TOKEN|CLIENT_SECRET/;

/** @param stderr a file that takes standard error, by its descriptor; default: a pipe */
export function start(
  args: readonly string[],
  env: Environment = {},
  cwd = ROOT,
  stderr: number | 'pipe' = 'pipe',
): ChildProcess {
  for (const [name, value] of Object.entries(env)) {
    // A key may be told by its path.
    if (SECRETS.test(name) && !value.startsWith('/')) for (const canary of canaries) canary.hide(value);
  }
  return spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', stderr],
  });
}

export async function plandrop(args: readonly string[], env: Environment = {}, cwd = ROOT): Promise<Finished> {
  return finished(start(args, env, cwd));
}

export async function finished(child: ChildProcess): Promise<Finished> {
  const result: Finished = { code: null, stdout: '', stderr: '' };
  child.stdout?.on('data', (piece: Buffer) => {
    result.stdout += piece.toString();
  });
  child.stderr?.on('data', (piece: Buffer) => {
    result.stderr += piece.toString();
  });
  const [code] = await once(child, 'close');
  // A simulator says who may sign in to it.
  const args = child.spawnargs.slice(1).join(' ');
  if (!child.spawnargs.includes('simulate'))
    for (const canary of canaries) canary.saw(`what "${args}" printed`, `${result.stdout}\n${result.stderr}`);
  return { ...result, code };
}

/**
 * A tenant, the variables that point at it, and a folder; everything is gone at the end of the test, after a search for secrets in
 * what was printed and in every file of the folder. `canary.saw` adds what left by another way.
 */
export async function tenantAndFolder(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ taskSeconds: 0.5, seed: 'end-to-end', ...options });
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-'));
  const canary = new Canary(simulator);
  canaries.add(canary);
  return {
    simulator,
    canary,
    folder,
    dataDir: join(folder, 'data'),
    env: {
      ANAPLAN_API_URL: simulator.url,
      ANAPLAN_AUTH_URL: simulator.url,
      ANAPLAN_USERNAME: simulator.user,
      ANAPLAN_PASSWORD: simulator.password,
    },
    async [Symbol.asyncDispose]() {
      canaries.delete(canary);
      await simulator.close();
      try {
        await canary.search(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
