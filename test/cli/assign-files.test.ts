import { describe, expect, it } from 'vitest';
import { assignFiles } from '../../cli/assign-files.ts';
import { CommandError } from '../../cli/command-error.ts';
import type { Step } from '../../shared/pipeline/step-schema.ts';

const FILES = [
  { name: 'Load Products', glob: 'in/**/products*.csv' },
  { name: 'Load Sales', glob: 'in/**/sales*.csv' },
  { name: 'A=B', glob: 'any/stores*.csv' },
];
const several: Step[] = [{ kind: 'process', name: 'Load All', repeatable: false, files: FILES }];
const one: Step[] = [{ kind: 'import', name: 'Load Sales', repeatable: false }];
const nothing: Step[] = [
  { kind: 'process', name: 'Tidy Employees', repeatable: false },
  { kind: 'export', name: 'Board Report', repeatable: false },
];

function assigned(steps: Step[], paths: string[], said: string[] = []): unknown {
  try {
    return assignFiles('p', { steps }, { paths, said }).map(({ path, file }) => `${path} -> ${file ?? ''}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    expect(error.exitCode).toBe(64);
    return error.message;
  }
}

describe('the files of a call', () => {
  it.each<[string, Step[], string[], string[], unknown]>([
    ['one goes to the imports', one, ['a.csv'], [], ['a.csv -> ']],
    ['none is none', one, [], [], []],
    ['two are too many for imports', one, ['a.csv', 'b.csv'], [], 'Pipeline "p" takes one file, and 2 are named.'],
    ['none is none, also where nothing reads one', nothing, [], [], []],
    ['one that nothing reads', nothing, ['a.csv'], [], 'Pipeline "p" reads no file; a.csv would not be uploaded.'],
    [
      'several that nothing reads, however they are named',
      nothing,
      ['a.csv'],
      ['Load Sales=x/b.csv'],
      'Pipeline "p" reads no file; a.csv, x/b.csv would not be uploaded.',
    ],
    [
      'a place is for a process only',
      one,
      [],
      ['Load Sales=a.csv'],
      'No process of pipeline "p" says with files: which files it takes.',
    ],
    [
      'each goes where its name fits, and where it is said',
      several,
      ['sales-03.csv', './x/products.csv'],
      ['A=B=c=d.csv'],
      ['c=d.csv -> A=B', 'sales-03.csv -> Load Sales', './x/products.csv -> Load Products'],
    ],
    [
      'a folder says more than a name',
      several,
      ['/data/any/stores.csv', '/data/in/03/products-stores.csv', 'sales.csv'],
      [],
      ['/data/any/stores.csv -> A=B', '/data/in/03/products-stores.csv -> Load Products', 'sales.csv -> Load Sales'],
    ],
  ])('%s', (_, steps, paths, said, expected) => {
    expect(assigned(steps, paths, said)).toEqual(expected);
  });

  it.each<[string, string[], string[], string]>([
    ['one is missing', ['products.csv'], ['A=B=x.csv'], 'The file for "Load Sales" (in/**/sales*.csv) is missing.'],
    ['none is named', [], [], 'The file for "Load Products" (in/**/products*.csv) is missing.'],
    ['one fits nowhere', ['notes.txt'], [], 'notes.txt fits none of its files.'],
    [
      'one fits twice',
      ['any/stores-1.csv', 'stores-2.csv'],
      [],
      'Several files are for "A=B": any/stores-1.csv, stores-2.csv.',
    ],
    [
      'a place is unknown',
      [],
      ['Load Stores=a.csv'],
      '"Load Stores=a.csv" does not begin with one of its files and "=".',
    ],
    ['nothing is said after the place', [], ['Load Sales='], '"Load Sales=" names no file.'],
  ])('are told when %s', (_, paths, said, expected) => {
    expect(assigned(several, paths, said)).toBe(`Pipeline "p" starts with all its files. ${expected}`);
  });

  it('are told when one fits several places', () => {
    const steps: Step[] = [
      {
        kind: 'process',
        name: 'P',
        repeatable: false,
        files: [
          { name: 'A', glob: 'a/*.csv' },
          { name: 'B', glob: 'b/*.csv' },
        ],
      },
    ];
    expect(assigned(steps, ['x.csv', 'b/y.csv'])).toContain('x.csv fits "A" and "B".');
    expect(assigned(steps, ['a/x.csv', 'b/y.csv'])).toEqual(['a/x.csv -> A', 'b/y.csv -> B']);
  });
});
