import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTest, leavesOut } from './has-test.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');

/** The rows of the page's tables, by the heading they stand under. */
const ROWS = PAGE.split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const [heading = '', ...lines] = section.split('\n');
    const rows = lines.filter((line) => line.startsWith('| ')).slice(2);
    return rows.map((line) => ({ heading, cells: line.slice(2, -2).split(' | ') }));
  });

const firstCells = (heading: string) =>
  ROWS.filter((row) => row.heading === heading).map(({ cells }) => cells[0]?.split(',')[0]);

describe('docs/troubleshooting.md', () => {
  it.each(ROWS)('names a test that exists: $cells.0', ({ cells }) => {
    const [, path = '', name = ''] = /^`(test\/[\w/.-]+\.test\.ts)` "(.+)"$/.exec(cells.at(-1) ?? '') ?? [];
    expect(cells.at(-1)).toMatch(/^`test\//);
    const source = readFileSync(join(ROOT, path), 'utf8');
    expect([name, hasTest(source, name)]).toEqual([name, true]);
    // A test that is left out, or runs only on demand, proves nothing.
    expect(path).not.toMatch(/^test\/(aws|heavy|browser|package)\//);
    expect(leavesOut(source)).toBe(false);
  });

  it('has a row for each status of the guide and each further one', () => {
    const statuses = [400, 401, 403, 404, 409, 429, 500, 405, 406, 410, 415, 422, 423, 424, 425, 502, 503, 504];
    expect(firstCells('Answers to requests')).toEqual(expect.arrayContaining(statuses.map(String)));
  });

  it.each([
    ["What to look at in a task's result", ['state', 'current step', 'counts', 'process', 'dump', 'ids']],
    [
      'Why tasks fail',
      [
        ...['not uploaded', 'complete', 'mapping', 'list members', 'dates', 'numbers', 'encoding'],
        ...['access to the import', 'access to the export', 'access to the module', 'access to the list'],
        ...['access to the action', 'Selective Access', 'Dynamic Cell Access', 'action of a process'],
      ],
    ],
    [
      'What the integration user needs',
      [
        'sign in',
        'workspace',
        'model',
        'objects',
        'run import, export, process or delete',
        'modules, lists, views, line items',
        'files',
        'administrator',
      ],
    ],
    ['The state of the model', ['archived', 'locked', 'offline', 'busy', 'deployed']],
    ['What the guide recommends', ['retry', 'bound', 'poll', 'mend', 'safe to resume', 'do not retry']],
  ])('has a row for each line of the guide under "%s"', (heading, lines) => {
    const rows = ROWS.filter((row) => row.heading === heading).map(({ cells }) => cells[0] ?? '');
    expect(lines.filter((line) => !rows.some((row) => row.includes(line)))).toEqual([]);
  });
});

it('tells a test from a name that is only mentioned', () => {
  const source =
    "it('is proved', () => {}); it.each([\n  [\n    'is a row', 1],\n  [\"it's quoted\", 2]]); log('is mentioned'); [1, 'is second']";
  const found = ['is proved', 'is a row', "it's quoted", 'is mentioned', 'is second', 'is proved,', ''].map((name) =>
    hasTest(source, name),
  );
  expect(found).toEqual([true, true, true, false, false, false, false]);
});

it.each([
  ['a test that is run', "it('a', f); describe.concurrent('b', f); it.each(rows)('c', f)", false],
  ['one that is left out', "it.skip('a', f)", true],
  ['one that is left out under a condition', "it.skipIf(isRoot)('a', f)", true],
  ['a group that is run under a condition', "describe.concurrent.runIf(isLinux)('a', f)", true],
])('sees whether a file leaves out tests: %s', (_, source, expected) => {
  expect(leavesOut(source)).toBe(expected);
});
