import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { pipelinesFor } from '../../shared/pipeline/match-drop.ts';

const loaded = loadConfiguration(`
pipelines:
  sales: { workspace: w, model: m, on: { drop: "sales/*.csv" }, steps: [{ import: i }] }
  deep: { workspace: w, model: m, on: { drop: "deep/**/*.csv" }, steps: [{ import: i }] }
  either: { workspace: w, model: m, on: { drop: "x/[ab].csv" }, steps: [{ import: i }] }
  class: { workspace: w, model: m, on: { drop: "x/[ac].csv" }, steps: [{ import: i }] }
  nightly: { workspace: w, model: m, on: { schedule: "cron(0 6 ? * MON-FRI *)" }, steps: [{ process: p }] }
  byHand: { workspace: w, model: m, steps: [{ process: p }] }
`);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));

describe('the pipelines that take a key', () => {
  it.each([
    ['a file in the folder', 'sales/actuals.csv', ['sales']],
    ['a key with a space, a plus and an umlaut', 'sales/FY26 + Köln.csv', ['sales']],
    ['another ending', 'sales/actuals.txt', []],
    ['the ending in another case', 'sales/actuals.CSV', []],
    ['a folder below', 'sales/2026/actuals.csv', []],
    ['a hidden file, such as a half-written one', 'sales/.actuals.csv', []],
    ['any depth', 'deep/2026/11/actuals.csv', ['deep']],
    ['no depth', 'deep/actuals.csv', ['deep']],
    ['a folder marker', 'sales/', []],
    ['a folder marker that looks like a file', 'sales/x.csv/', []],
    ['an empty key', '', []],
    ['another folder', 'taken/sales/actuals.csv', []],
    ['a key that two patterns take', 'x/a.csv', ['either', 'class']],
    ['a key that one of them takes', 'x/b.csv', ['either']],
  ])('%s', (_, key, expected) => {
    expect(pipelinesFor(key, loaded.configuration)).toEqual(expected);
  });
});
