import { describe, expect, it } from 'vitest';
import type { TaskOutcome } from '../../shared/diagnosis/classify-task.ts';
import type { Judgement } from '../../shared/diagnosis/judge-action.ts';
import type { FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import { fileRowsOf } from '../../shared/run/file-rows.ts';
import { judgeStep } from '../../shared/run/judge-step.ts';

const STEP: FrozenStep = {
  kind: 'process',
  name: 'Load All',
  objectId: '118000000001',
  repeatable: false,
  files: [
    { name: 'Products', fileId: 'F1', glob: 'p*' },
    { name: 'Sales', fileId: 'F2', glob: 's*' },
  ],
};
/** Two imports read the file of products. */
const FILE_OF = new Map([
  ['I1', 'F1'],
  ['I2', 'F2'],
  ['I3', 'F1'],
]);

const uploads = [
  { name: 'Products', fileId: 'F1', uploaded: { bytes: 10, rows: 3, sha256: 'a' } },
  { name: 'Sales', fileId: 'F2', uploaded: { bytes: 20, rows: 7, sha256: 'b' } },
];

function judged(
  totals: Record<string, number | undefined>,
  change: { perhapsOthers?: boolean; outcome?: TaskOutcome['outcome'] } = {},
) {
  const nested = Object.entries(totals).map(
    ([objectId, totalRows]): Judgement => ({
      objectId,
      name: objectId,
      outcome: 'succeeded',
      reasons: [],
      ...(totalRows === undefined ? {} : { totalRows }),
    }),
  );
  const classified: TaskOutcome = {
    outcome: change.outcome ?? 'succeeded',
    reasons: [],
    missingMembers: [],
    dumps: [],
    nested,
  };
  return judgeStep({
    step: STEP,
    classified,
    rejects: { maxRows: 0, countIgnored: false },
    files: fileRowsOf(uploads, nested, FILE_OF),
    perhapsOthers: change.perhapsOthers ?? false,
    dumps: [],
    repairs: { made: [], missing: [] },
  });
}

describe('a process with several files', () => {
  it.each([
    ['is verified when each import counts the rows of its file', { I1: 3, I2: 7, I3: 3 }, true],
    ['is verified when the other readers of a file tell no number', { I1: 3, I2: 7, I3: undefined }, true],
    ['is not verified when nobody counts one of its files', { I1: 3, I2: undefined }, false],
    ['is not verified by an import that reads none of them', { I1: 3, X: 7 }, false],
  ])('%s', (_, totals, verified) => {
    expect(judged(totals)).toMatchObject({ outcome: 'succeeded', rowsVerified: verified });
  });

  it.each([
    [
      'one import counts other rows',
      { I1: 3, I2: 6 },
      '7 rows were uploaded for "Sales" of process "Load All", and Anaplan counts 6 rows.',
    ],
    [
      'two imports of a file do not agree',
      { I1: 3, I2: 7, I3: 2 },
      '3 rows were uploaded for "Products" of process "Load All", and Anaplan counts 2 rows.',
    ],
  ])('fails when %s, and says of which file', (_, totals, message) => {
    expect(judged(totals)).toMatchObject({
      outcome: 'failed',
      rowsVerified: false,
      diagnosis: { category: 'row-count', message },
    });
  });

  it('that may be somebody else’s is believed only when all its files are verified', () => {
    expect(judged({ I1: 3, I2: 7 }, { perhapsOthers: true }).outcome).toBe('succeeded');
    expect(judged({ I1: 3 }, { perhapsOthers: true }).outcome).toBe('unknown');
  });
});
