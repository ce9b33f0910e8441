import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { dateInKey, folderOf, setsFor } from '../../shared/pipeline/match-set.ts';

function configurationOf(set: string) {
  const loaded = loadConfiguration(`
pipelines:
  month-end:
    workspace: Finance
    model: FY26 Plan
    on: { set: ${set} }
    steps:
      - process: Load All
        files: { Load Products: "batch/**/products*.csv", Load Sales: "batch/**/sales*.csv" }
  sales:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "sales/*.csv" }
    steps: [import: Load Sales]
`);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.configuration;
}

const NEEDS = { pipeline: 'month-end', needs: ['Load Products', 'Load Sales'] };

describe('the set of a drop', () => {
  it('is its folder', () => {
    expect(setsFor('batch/2026-03/products.csv', configurationOf('folder'))).toEqual([
      { ...NEEDS, setId: 'batch/2026-03/', files: ['Load Products'], isMarker: false, needsMarker: false },
    ]);
  });

  it('is its folder, however a Mac writes its umlauts', () => {
    const [one, other] = ['batch/Ko\u0308ln/products.csv', 'batch/K\u00f6ln/sales.csv'].map(
      (key) => setsFor(key, configurationOf('folder'))[0]?.setId,
    );
    expect(one).toBe('batch/K\u00f6ln/');
    expect(other).toBe(one);
  });

  it('is the date in its key', () => {
    expect(setsFor('batch/x/sales_20260302.csv', configurationOf('date'))).toEqual([
      { ...NEEDS, setId: '2026-03-02', files: ['Load Sales'], isMarker: false, needsMarker: false },
    ]);
    expect(setsFor('batch/sales.csv', configurationOf('date'))[0]?.setId).toBeUndefined();
  });

  it('is the folder of its marker', () => {
    const configuration = configurationOf('{ marker: "batch/*/_READY" }');
    const place = { ...NEEDS, setId: 'batch/a/', needsMarker: true };
    expect(setsFor('batch/a/_READY', configuration)).toEqual([{ ...place, files: [], isMarker: true }]);
    expect(setsFor('batch/a/sales.csv', configuration)).toEqual([{ ...place, files: ['Load Sales'], isMarker: false }]);
    expect(setsFor('batch/_READY', configuration)).toEqual([]);
  });

  it.each(['batch/a/other.csv', 'batch/a/', '', 'sales/a.csv'])('is none for the key %j', (key) => {
    expect(setsFor(key, configurationOf('folder'))).toEqual([]);
  });
});

describe('the date in a key', () => {
  it.each([
    ['sales/sales-2026-01-31.csv', '2026-01-31'],
    ['sales/sales_20260131.csv', '2026-01-31'],
    ['sales/2026/01/31/sales.csv', '2026-01-31'],
    ['2026_01_31 sales.csv', '2026-01-31'],
    ['sales-20260131T0630.csv', '2026-01-31'],
    ['sales-20260131063015.csv', '2026-01-31'],
    ['2026-01-01/sales-2026-01-31.csv', '2026-01-31'],
    ['sales-2026-01-31_v2.csv', '2026-01-31'],
    ['2026-01-31/sales-9999-99-99.csv', '2026-01-31'],
    ['sales-2024-02-29.csv', '2024-02-29'],
    ['sales-2026-02-29.csv', undefined],
    ['sales-2026-13-01.csv', undefined],
    ['sales-2026-01.csv', undefined],
    ['invoice-120260131.csv', undefined],
    ['sales-2026-0131.csv', undefined],
    ['sales.csv', undefined],
  ])('%s is %s', (key, date) => {
    expect(dateInKey(key)).toBe(date);
  });
});

it.each([
  ['a/b/c.csv', 'a/b/'],
  ['c.csv', '/'],
])('the folder of %s is %s', (key, folder) => {
  expect(folderOf(key)).toBe(folder);
});
