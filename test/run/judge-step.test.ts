import { describe, expect, it } from 'vitest';
import type { TaskOutcome } from '../../shared/diagnosis/classify-task.ts';
import type { Rejects } from '../../shared/pipeline/frozen-pipeline.ts';
import { judgeStep } from '../../shared/run/judge-step.ts';

const STEP = { kind: 'import', name: 'Load Sales', objectId: '112000000001', repeatable: false } as const;
const COUNTS = { processed: 100, created: 0, updated: 90, rejected: 0, warned: 0, ignored: 5 };
const UNMAPPED = {
  code: 'moduleImportDimensionIdentifiersUnmapped',
  text: '5 Products identifier(s) (Tea, Milk, …) were not mapped and ignored',
  count: 1,
  severity: 'ignored',
  columns: [],
  samples: [],
} as const;

function judged(rejects: Rejects, change: Partial<TaskOutcome> = {}, dumpLost?: string) {
  const classified: TaskOutcome = {
    outcome: 'succeeded',
    counts: COUNTS,
    reasons: [],
    missingMembers: [],
    dumps: [],
    ...change,
  };
  return judgeStep({
    step: STEP,
    classified,
    rejects,
    perhapsOthers: false,
    dumps: [],
    ...(dumpLost === undefined ? {} : { dumpLost }),
    repairs: { made: [], missing: [] },
  });
}

const REJECTED: Partial<TaskOutcome> = {
  outcome: 'succeeded-with-rejects',
  counts: { ...COUNTS, rejected: 2 },
  diagnosis: {
    category: 'invalid-data',
    cause: 'Because.',
    message: '2 rows were rejected.',
    whatToCheck: ['That.'],
    retry: { kind: 'no' },
    references: {},
  },
};

describe('ignored rows', () => {
  const none: Partial<TaskOutcome> = { counts: { ...COUNTS, ignored: 0 } };

  it.each<[string, Rejects, Partial<TaskOutcome>, string, boolean]>([
    ['are no rejects, where the pipeline does not say so', { maxRows: 0, countIgnored: false }, {}, 'succeeded', false],
    ['are rejects, where it does', { maxRows: 0, countIgnored: true }, {}, 'succeeded-with-rejects', true],
    ['are within its allowance', { maxRows: 5, countIgnored: true }, {}, 'succeeded-with-rejects', false],
    ['are beyond its allowance', { maxPercent: 4, countIgnored: true }, {}, 'succeeded-with-rejects', true],
    ['that are none change nothing', { maxRows: 0, countIgnored: true }, none, 'succeeded', false],
    ['add to the rejected ones', { maxRows: 6, countIgnored: true }, REJECTED, 'succeeded-with-rejects', true],
    ['do not make a failure less', { maxRows: 9, countIgnored: true }, { outcome: 'failed' }, 'failed', false],
    [
      'are beyond any allowance where nobody knows how many they are',
      { maxRows: 99, countIgnored: true },
      { ignoredAtLeast: true },
      'succeeded-with-rejects',
      true,
    ],
  ])('%s', (_, rejects, change, outcome, beyondAllowance) => {
    expect(judged(rejects, change)).toMatchObject({ outcome, beyondAllowance });
  });

  it('are told with what Anaplan says of them, and what to do', () => {
    const { diagnosis } = judged(
      { maxRows: 0, countIgnored: true },
      { cells: 90, ignoredAtLeast: true, reasons: [UNMAPPED] },
    );
    expect(diagnosis).toMatchObject({
      category: 'mapping',
      cause: 'Members in the file have no mapping in the import, and their rows were left out.',
      message: `Import "Load Sales" ran, and at least 5 rows or cells were ignored, which this pipeline counts as rejected. Anaplan says "${UNMAPPED.text}".`,
    });
    expect(diagnosis?.whatToCheck[0]).toContain('map the named members');
  });

  it('are told without a reason where Anaplan gives none, and after the rejected ones where there are both', () => {
    expect(judged({ maxRows: 0, countIgnored: true }).diagnosis?.message).toBe(
      'Import "Load Sales" ran, and 5 rows were ignored, which this pipeline counts as rejected.',
    );
    expect(judged({ maxRows: 0, countIgnored: true }, REJECTED).diagnosis).toMatchObject({
      message: '2 rows were rejected. Besides, 5 rows were ignored, which this pipeline counts as rejected.',
      whatToCheck: ['That.'],
    });
  });
});

describe('a step whose announced dump is lost', () => {
  const WHY = 'Anaplan announced the dump of object 112000000001 and no longer has it.';
  const ANY: Rejects = { maxRows: 1000, countIgnored: false };

  it.each<[string, Partial<TaskOutcome>, string, boolean]>([
    ['is beyond any allowance, however many rows Anaplan counts as rejected', REJECTED, 'succeeded-with-rejects', true],
    ['is so where it counts none', {}, 'succeeded-with-rejects', true],
    ['has failed where it failed', { outcome: 'failed' }, 'failed', false],
  ])('%s', (_, change, outcome, beyondAllowance) => {
    expect(judged(ANY, change, WHY)).toMatchObject({ outcome, beyondAllowance, dumpLost: WHY });
  });

  it('says what was rejected, and why no allowance covers it', () => {
    expect(judged(ANY, REJECTED, WHY).diagnosis).toMatchObject({
      category: 'invalid-data',
      message: `2 rows were rejected. Nobody can tell any more which rows, so they are beyond any allowance. The failure dump is lost: ${WHY}`,
      whatToCheck: ['That.', 'Run the import again to get a new dump, or compare the file with the data in Anaplan.'],
    });
  });
});
