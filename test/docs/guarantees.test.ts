import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTest, leavesOut } from './has-test.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8');
const [, GUARANTEED = '', NOT = ''] = PAGE.split(/^## /m);
const ROWS = GUARANTEED.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.slice(2, -2).split(' | '));

describe('docs/guarantees.md', () => {
  it.each(ROWS)('names a test that exists: %s', (_what, _why, proof = '') => {
    const [, path = '', name = ''] = /^`(test\/[\w/.-]+\.ts)` "(.+)"$/.exec(proof) ?? [];
    expect(path).not.toBe('');
    const source = readFileSync(join(ROOT, path), 'utf8');
    expect([name, hasTest(source, name)]).toEqual([name, true]);
    // A test that is left out, or runs only on demand, proves nothing.
    expect(path).not.toMatch(/^test\/(aws|heavy|browser|package)\//);
    expect(leavesOut(source)).toBe(false);
  });

  it('has guarantees, and says at length what is none', () => {
    expect(ROWS.length).toBeGreaterThan(15);
    expect(NOT.match(/^\*\*/gm)?.length).toBeGreaterThan(10);
  });

  it('speaks of no file that is not there', () => {
    const files = [...PAGE.matchAll(/`((?:test|bench)\/[\w/.-]+\.ts)`/g)].map(([, path = '']) => path);
    expect(files.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
