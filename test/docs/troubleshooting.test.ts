import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

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

/** Whether a source file has this text as a string of its own, in any quotes. */
function hasString(source: string, text: string): boolean {
  return [`'${text.replaceAll("'", String.raw`\'`)}'`, `"${text}"`, `\`${text}\``].some((literal) =>
    source.includes(literal),
  );
}

describe('docs/troubleshooting.md', () => {
  it.each(ROWS)('names a test that exists: $cells.0', ({ cells }) => {
    const [, path = '', name = ''] = /^`(test\/[\w/.-]+\.test\.ts)` "(.+)"$/.exec(cells.at(-1) ?? '') ?? [];
    expect(cells.at(-1)).toMatch(/^`test\//);
    const source = readFileSync(join(ROOT, path), 'utf8');
    expect([name, hasString(source, name)]).toEqual([name, true]);
    // A test that is left out proves nothing.
    expect(source).not.toMatch(/\b(it|describe)(\.concurrent)?\.(skip|todo|only|fails)\(/);
  });

  it('has a row for each status of the guide and each further one', () => {
    const statuses = [400, 401, 403, 404, 409, 429, 500, 405, 406, 410, 415, 422, 423, 424, 425, 502, 503, 504];
    expect(firstCells('Answers to requests')).toEqual(expect.arrayContaining(statuses.map(String)));
  });

  it.each([
    ["What to look at in a task's result", 6],
    ['Why tasks fail', 7],
    ['What the integration user needs', 7],
    ['The state of the model', 5],
    ['What the guide recommends', 5],
  ])('has a row for each line under "%s", at least', (heading, lines) => {
    expect(firstCells(heading).length).toBeGreaterThanOrEqual(lines);
  });
});
