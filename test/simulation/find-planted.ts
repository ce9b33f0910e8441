import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs.ts';

/**
 * `node test/simulation/find-planted.ts [seeds] [part of a name]`: plants each bug in a copy of the tree and tells which seed finds
 * it first, in a table.
 */

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['shared', 'functions', 'infra', 'simulator', 'test', 'package.json'];
const [, , seeds = '2000', part = ''] = process.argv;

const copy = mkdtempSync(join(tmpdir(), 'plandrop-planted-'));
try {
  for (const folder of FOLDERS) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  console.log('| Planted bug | Found by seed | Seeds that see it | What it sees |\n| --- | --- | --- | --- |');
  let missed = 0;
  for (const bug of PLANTED_BUGS.filter(({ name }) => name.includes(part))) if (!seek(bug)) missed++;
  console.log(`\n${missed} were not found.`);
  process.exitCode = missed === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true });
}

function seek({ name, file, find, replace }: PlantedBug): boolean {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (!original.includes(find)) throw new Error(`"${name}" cannot be planted: ${file} has no "${find}"`);
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  // A few seeds find most; only what they miss needs them all.
  for (const most of [60, Number(seeds)]) {
    const { stdout } = spawnSync(process.execPath, ['test/simulation/run.ts', '--no-shrink', '--seeds', String(most)], {
      cwd: copy,
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    });
    const found = [...stdout.matchAll(/^Seed (\d+) breaks a promise/gm)].map(([, seed]) => Number(seed));
    if (found.length === 0) continue;
    const first = Math.min(...found);
    const what = stdout.split(`Seed ${first} breaks`)[1]?.match(/^- (.*)$/m)?.[1] ?? '';
    const count = stdout.match(/broke a promise: (\d+)/)?.[1] ?? String(found.length);
    console.log(`| ${name} | ${first} | ${count} of ${most} | ${what.slice(0, 110).replaceAll('|', '/')} |`);
    writeFileSync(path, original);
    return true;
  }
  console.log(`| ${name} | none | 0 of ${seeds} | |`);
  writeFileSync(path, original);
  return false;
}
