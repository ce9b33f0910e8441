import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** Imports point one way. A folder may import itself and what stands here for it; within `shared`, only folders before its own. */
const SHARED = ['retry', 'observe', 'ports', 'anaplan', 'diagnosis', 'pipeline', 'run'].map((name) => `shared/${name}`);
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  simulator: [],
  functions: SHARED,
  infra: ['functions', ...SHARED],
  cli: ['functions', 'infra', 'simulator', 'board', ...SHARED],
  ...Object.fromEntries(SHARED.map((folder, i) => [folder, SHARED.slice(0, i)])),
};
/**
 * Clock and credentials are plain interfaces that say nothing of AWS; whoever paces or signs in takes them.
 * `shared/retry` and `shared/observe` come before `shared/ports` and take its clock by shape.
 */

function folderOf(path: string): string {
  const parts = relative(ROOT, path).split('/');
  return parts[0] === 'shared' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, folder, name));
}

const IMPORT = /^(?:import|export)[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm;

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => resolve(dirname(path), match[1] ?? match[2] ?? ''));
}

describe('imports point one way', () => {
  it.each(Object.keys(MAY_IMPORT))('from %s', (folder) => {
    const files = sources(folder);
    expect(files.length).toBeGreaterThan(0);
    const allowed = new Set([folder, ...(MAY_IMPORT[folder] ?? [])]);
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => !allowed.has(folderOf(target)))
        .map((target) => `${relative(ROOT, file)} imports ${relative(ROOT, target)}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('comments cite notes that exist', () => {
  it('by their headings', () => {
    const headings = new Set(
      [...readFileSync(join(ROOT, 'docs/anaplan-notes.md'), 'utf8').matchAll(/^#+ (.+)$/gm)].map(
        ([, heading]) => heading,
      ),
    );
    const files = ['simulator', 'functions', 'infra', 'cli', 'shared'].flatMap(sources);
    const cited = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/anaplan-notes: ([A-Z][^),.;\n*]+)/g)].map(([, heading]) => ({
        file: relative(ROOT, file),
        heading: (heading ?? '').trim(),
      })),
    );
    expect(cited.length).toBeGreaterThan(10);
    expect(cited.filter(({ heading }) => !headings.has(heading))).toEqual([]);
  });
});
