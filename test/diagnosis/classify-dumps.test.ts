import { describe, expect, it } from 'vitest';
import { classifyTask } from '../../shared/diagnosis/classify-task.ts';
import {
  complete,
  dump,
  employees,
  loadItems,
  missingItem,
  twoFailed,
  units,
  unitsFailed,
  unmapped,
} from './task-results.ts';

describe('a dump', () => {
  const moduleTask = complete({ successful: true, failureDumpAvailable: true, details: [units] });

  it.each([
    ['of warnings only is no reject', moduleTask, [dump({ warned: 4 })], 'succeeded', 0, 4],
    [
      'with rejected rows outranks successful: true',
      moduleTask,
      [dump({ rejected: 7 })],
      'succeeded-with-rejects',
      7,
      0,
    ],
    [
      'outranks successful: false when it only warns',
      complete({ successful: false, failureDumpAvailable: true, details: [units] }),
      [dump({ warned: 1 })],
      'succeeded',
      0,
      1,
    ],
    [
      'without a status counts as rejected',
      moduleTask,
      [dump({ rejected: 5, hasStatus: false })],
      'succeeded-with-rejects',
      5,
      0,
    ],
    [
      "without a status yields to Anaplan's own count",
      complete({ successful: true, failureDumpAvailable: true, details: [employees] }),
      [dump({ rejected: 5, hasStatus: false })],
      'succeeded',
      0,
      0,
    ],
    [
      'with fewer rejects than Anaplan counted does not lower the count',
      complete({ successful: false, failureDumpAvailable: true, details: [twoFailed] }),
      [dump({ rejected: 1 })],
      'succeeded-with-rejects',
      2,
      0,
    ],
    [
      'without rejects does not hide cells that failed',
      complete({ successful: true, failureDumpAvailable: true, details: [unitsFailed] }),
      [dump({ warned: 2 })],
      'succeeded-with-rejects',
      2,
      2,
    ],
  ] as const)('%s', (_, task, dumps, outcome, rejected, warned) => {
    const classified = classifyTask(task, { ...loadItems, dumps });
    expect([classified.outcome, classified.counts?.rejected, classified.counts?.warned]).toEqual([
      outcome,
      rejected,
      warned,
    ]);
  });

  it('that is not read yet, or not readable, leaves the rejects at least one', () => {
    for (const dumps of [undefined, [], [dump({ unreadable: 'not a CSV' })]]) {
      const classified = classifyTask(moduleTask, { ...loadItems, ...(dumps === undefined ? {} : { dumps }) });
      expect(classified).toMatchObject({
        outcome: 'succeeded-with-rejects',
        rejectedAtLeast: true,
        counts: { rejected: 1 },
      });
      expect(classified.diagnosis?.message).toContain('at least 1 row was rejected');
    }
  });

  it('that is not read is not taken for empty where the import counts no reject and says that it was not successful', () => {
    const task = complete({ successful: false, failureDumpAvailable: true, details: [employees] });
    expect(classifyTask(task, loadItems)).toMatchObject({ outcome: 'succeeded-with-rejects', rejectedAtLeast: true });
    const read = classifyTask(task, { ...loadItems, dumps: [dump({ warned: 2 })] });
    expect([read.outcome, read.counts?.warned]).toEqual(['succeeded', 2]);
  });

  it('without a row is not believed against rows that the task says were rejected', () => {
    const task = complete({ successful: true, failureDumpAvailable: true, details: [units, missingItem] });
    const classified = classifyTask(task, { ...loadItems, dumps: [dump()] });
    expect(classified).toMatchObject({ outcome: 'succeeded-with-rejects', counts: { rejected: 37 } });
  });

  it('gives reasons instead of the lines of the task, and the missing members', () => {
    const reason = {
      code: 'moduleImportInvalidListIdentifier',
      text: 'Item not located in Products list',
      count: 30,
      severity: 'rejected',
      columns: ['Product'],
      samples: [],
    } as const;
    const { reasons, diagnosis } = classifyTask(
      complete({ successful: false, failureDumpAvailable: true, details: [units, missingItem] }),
      {
        ...loadItems,
        dumps: [
          dump({
            rejected: 30,
            reasons: [reason],
            missingMembers: [{ list: 'Products', members: ['P-9', 'P-10'], count: 37 }],
          }),
        ],
      },
    );
    expect(reasons).toEqual([reason]);
    expect(diagnosis?.category).toBe('missing-members');
    expect(diagnosis?.message).toBe(
      'Import "Load items" ran, and 30 rows were rejected. Most frequent: "Item not located in Products list" (30 times). Missing from Products: P-9, P-10 and 35 more.',
    );
  });

  it('has no row that was left out, so that what the task says of these stays', () => {
    const task = complete({ successful: false, failureDumpAvailable: true, details: [units, missingItem, unmapped] });
    const { reasons, counts } = classifyTask(task, { ...loadItems, dumps: [dump({ rejected: 30 })] });
    expect([counts?.rejected, counts?.ignored]).toEqual([30, 3]);
    expect(reasons).toMatchObject([{ severity: 'ignored', text: unmapped.localMessageText }]);
  });

  it('of reasons that came once each names some, none as the most frequent, and is opened once', () => {
    const reasonOf = (text: string) => ({ text, count: 1, severity: 'rejected', columns: [], samples: [] }) as const;
    const texts = ['Invalid date', 'Invalid number', 'Invalid Boolean (yes/no/true/false)', 'Invalid name'];
    const toldOf = (reasons: string[]) =>
      classifyTask(complete({ successful: false, failureDumpAvailable: true, details: [units] }), {
        ...loadItems,
        dumps: [dump({ rejected: reasons.length, reasons: reasons.map(reasonOf) })],
      }).diagnosis;
    const told = toldOf(texts);
    expect(told?.message).toMatch(/ rejected\. Reasons: "Invalid \w+[^"]*", "[^"]+", "[^"]+" and 1 more\.$/);
    expect(toldOf(['Invalid date'])?.message).toContain(' rejected. Reason: "Invalid date".');
    expect(told?.whatToCheck.filter((check) => /failure dump/.test(check))).toHaveLength(1);
    expect(told?.whatToCheck.join('\n')).not.toContain('drop the file again');
  });

  it('is announced with where to fetch it', () => {
    expect(classifyTask(moduleTask, loadItems).dumps).toEqual([
      { objectId: '112000000002', ordinal: 1, nested: false },
    ]);
    expect(classifyTask(complete({ successful: true }), loadItems).dumps).toEqual([]);
  });
});
