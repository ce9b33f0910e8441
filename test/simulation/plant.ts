import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlantedBug } from './planted-bugs.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['shared', 'functions', 'infra/local', 'simulator', 'test/simulation', 'package.json'];

/** What a planted bug was found by. */
export interface Found {
  seed: number;
  /** the first promise that the seed breaks */
  promise: string;
}

/** A copy of the tree to plant bugs in, one at a time. */
export class Garden {
  readonly #copy = mkdtempSync(join(tmpdir(), 'plandrop-planted-'));

  constructor() {
    for (const folder of FOLDERS) cpSync(join(ROOT, folder), join(this.#copy, folder), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.#copy, 'node_modules'));
  }

  [Symbol.dispose](): void {
    rmSync(this.#copy, { recursive: true });
  }

  /** Plants a bug, looks for it in the seeds from 1 on, and takes it out again. @returns undefined when no seed finds it */
  seek(bug: PlantedBug, seeds: number): Found | undefined {
    const path = join(this.#copy, bug.file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, planted(original, bug));
    try {
      const { stdout } = spawnSync(
        process.execPath,
        ['test/simulation/run.ts', '--until-found', '--no-shrink', '--seeds', String(seeds)],
        { cwd: this.#copy, encoding: 'utf8', maxBuffer: 2 ** 30 },
      );
      const found = [...stdout.matchAll(/^Seed (\d+) breaks a promise:\n- (.*)$/gm)];
      const [first] = found.toSorted(([, a], [, b]) => Number(a) - Number(b));
      return first && { seed: Number(first[1]), promise: first[2] ?? '' };
    } finally {
      writeFileSync(path, original);
    }
  }
}

/** The text of a bug's file as it is in the tree. */
export function textFor({ file }: PlantedBug): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function planted(original: string, { name, file, find, replace }: PlantedBug): string {
  if (!original.includes(find)) throw new Error(`"${name}" cannot be planted: ${file} has no "${find}"`);
  return original.replace(find, () => replace);
}
