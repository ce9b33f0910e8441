import { describe, expect, it } from 'vitest';
import type { Task } from '../../shared/anaplan/types.ts';
import { classifyTask, isFinal } from '../../shared/diagnosis/classify-task.ts';
import {
  allFailed,
  complete,
  detail,
  dump,
  employees,
  invalidParent,
  loadItems,
  missingItem,
  nightly,
  noFile,
  noRows,
  notAuthorised,
  result,
  thirteen,
  twoFailed,
  units,
  unitsFailed,
  unmapped,
  unmappedItem,
  warnings,
} from './task-results.ts';

describe('an import', () => {
  it.each([
    ['loaded everything, some rows as they were', complete({ successful: true, details: [employees] }), 'succeeded'],
    [
      'failed some rows, said successful: false',
      complete({ successful: false, failureDumpAvailable: true, details: [twoFailed, invalidParent] }),
      'succeeded-with-rejects',
    ],
    [
      'failed some rows, said successful: true',
      complete({ successful: true, failureDumpAvailable: true, details: [twoFailed] }),
      'succeeded-with-rejects',
    ],
    ['failed some rows, no dump', complete({ successful: true, details: [twoFailed] }), 'succeeded-with-rejects'],
    ['failed every row', complete({ successful: false, failureDumpAvailable: true, details: [allFailed] }), 'failed'],
    [
      'warned only, dump there',
      complete({ successful: true, failureDumpAvailable: true, details: [warnings] }),
      'succeeded',
    ],
    ['wrote cells', complete({ successful: true, details: [units] }), 'succeeded'],
    [
      'wrote cells and failed some',
      complete({ successful: true, failureDumpAvailable: true, details: [unitsFailed] }),
      'succeeded-with-rejects',
    ],
    [
      'wrote cells, but members were missing',
      complete({ successful: false, failureDumpAvailable: true, details: [units, missingItem] }),
      'succeeded-with-rejects',
    ],
    [
      'wrote cells, and left rows out, said successful: false',
      complete({ successful: false, details: [units, unmapped] }),
      'succeeded',
    ],
    [
      'wrote no cell, and left rows out, said successful: false',
      complete({ successful: false, details: [detail('lineItemRowsProcessed', 'Units cells: 0'), unmapped] }),
      'failed',
    ],
    [
      'announced a dump and no counts',
      complete({ successful: true, failureDumpAvailable: true }),
      'succeeded-with-rejects',
    ],
    ['had no file', complete({ successful: false, details: [noFile] }, { currentStep: 'Failed.' }), 'failed'],
    ['had no file, whatever the flag', complete({ successful: true, details: [noFile] }), 'failed'],
    ['was not permitted', complete({ successful: false, details: [notAuthorised] }), 'failed'],
    ['gave no counts, no dump: successful', complete({ successful: true }), 'succeeded'],
    ['gave no counts, no dump: not successful', complete({ successful: false }), 'failed'],
    ['loaded all, and does not say whether it was successful', complete({ details: [units] }), 'succeeded'],
    ['says nothing at all', complete({}), 'failed'],
    ['gave a step that failed', complete({ successful: true }, { currentStep: 'Failed.' }), 'failed'],
    [
      'ignored some rows and failed none, said successful: false',
      complete({ successful: false, details: [employees] }),
      'succeeded',
    ],
    ['found no row to load, said successful: false', complete({ successful: false, details: [noRows] }), 'succeeded'],
    [
      'needed no change, said successful: false',
      complete({ successful: false, details: [detail('hierarchyNoChanges', 'Staff: no changes required')] }),
      'succeeded',
    ],
    [
      'loaded every row by its counts, said successful: false',
      complete({ successful: false, details: [thirteen] }),
      'failed',
    ],
    [
      'wrote cells and failed none, said successful: false',
      complete({ successful: false, details: [units] }),
      'failed',
    ],
    [
      'wrote no cell and failed none, said successful: false',
      complete({ successful: false, details: [detail('lineItemRowsProcessed', 'Units cells: 0')] }),
      'failed',
    ],
    [
      'gave a code nobody knows, not successful',
      complete({ successful: false, details: [employees, detail('newCode', 'New trouble')] }),
      'failed',
    ],
    [
      'gave a code nobody knows, successful',
      complete({ successful: true, details: [employees, detail('newCode', 'New wisdom')] }),
      'succeeded',
    ],
    ['was complete without a result', { taskId: '1', taskState: 'COMPLETE' } as Task, 'failed'],
    ['was complete with an empty result', complete({}), 'failed'],
    ['was cancelled', { taskId: '1', taskState: 'CANCELLED', cancelledBy: 'Ann' } as Task, 'cancelled'],
    [
      'was cancelled, told by a code',
      complete({ successful: false, details: [detail('msgImportCancelled', 'Import cancelled by user')] }),
      'cancelled',
    ],
    [
      'needed no change',
      complete({ successful: true, details: [detail('hierarchyNoChanges', 'Staff: no changes required')] }),
      'succeeded',
    ],
    [
      'was told to have columns missing',
      complete({
        successful: true,
        details: [
          employees,
          detail('missingFields', 'Warning: Import is incomplete as the following fields are unavailable: Price'),
        ],
      }),
      'failed',
    ],
  ] as const)('that %s', (_, task, outcome) => {
    const classified = classifyTask(task, loadItems);
    expect(classified.outcome).toBe(outcome);
    expect(classified.diagnosis === undefined).toBe(outcome === 'succeeded');
  });

  it.each([
    ['values', [employees], { processed: 95, created: 0, updated: 90, rejected: 0, warned: 0, ignored: 5 }, 95],
    [
      'the text of failures',
      [twoFailed],
      { processed: 15, created: 0, updated: 13, rejected: 2, warned: 0, ignored: 0 },
      undefined,
    ],
    [
      'the text of warnings',
      [warnings],
      { processed: 13, created: 5, updated: 8, rejected: 0, warned: 3, ignored: 0 },
      undefined,
    ],
    [
      'thousands',
      [detail('hierarchyRowsProcessed', 'A: 1,234 (1,000/234) rows successful, 0 ignored')],
      { processed: 1234, created: 1000, updated: 234, rejected: 0, warned: 0, ignored: 0 },
      undefined,
    ],
    [
      'users',
      [detail('usersRowsProcessedWithFailures', 'Users: 3 created, 4 permissions updated (2 failed)')],
      { processed: 9, created: 3, updated: 4, rejected: 2, warned: 0, ignored: 0 },
      undefined,
    ],
    [
      'a deletion',
      [detail('deleteFromSelectionSucceeded', '12 items were deleted from the list Staff using Leavers')],
      { processed: 12, created: 0, updated: 0, rejected: 0, warned: 0, ignored: 0 },
      undefined,
    ],
  ] as const)('counts from %s', (_, details, counts, totalRows) => {
    const classified = classifyTask(complete({ successful: true, details }), loadItems);
    expect([classified.counts, classified.totalRows]).toEqual([counts, totalRows]);
  });

  it.each([
    ['whose numbers are not where they always were', detail('hierarchyRowsProcessedWithFailures', 'Staff: new words')],
    ['of which one number is missing', detail('usersRowsProcessedWithFailures', '', 0, { createdCount: '3' })],
    ['whose code and words are new', detail('segmentsRowsProcessedWithFailures', 'Segments: new words')],
  ])('knows of a line of failures %s that there is at least one', (_, line) => {
    const classified = classifyTask(complete({ successful: true, details: [units, line] }), loadItems);
    expect(classified).toMatchObject({
      outcome: 'succeeded-with-rejects',
      rejectedAtLeast: true,
      counts: { rejected: 1 },
    });
  });

  it.each([
    ['not as warned', [units, unmapped], [3, 0, 0], [unmapped.localMessageText]],
    ['not as rejected', [unitsFailed, unmapped], [3, 0, 3], [unmapped.localMessageText]],
    [
      'with that of line items',
      [units, unmapped, unmappedItem],
      [4, 0, 0],
      [unmappedItem.localMessageText, unmapped.localMessageText],
    ],
    ['by how often it occurred where that is more', [units, { ...unmapped, occurrences: 40 }], [40, 0, 0], undefined],
    [
      'not twice where cells are counted as ignored',
      [detail('lineItemRowsProcessedWithIgnored', 'Units cells: 7 (9 ignored)'), unmapped],
      [9, 0, 0],
      undefined,
    ],
  ])('counts as ignored, at least, what was not mapped and left out, %s', (_, details, expected, texts) => {
    const { counts, reasons, ignoredAtLeast } = classifyTask(complete({ successful: true, details }), loadItems);
    expect([counts?.ignored, counts?.warned, counts?.rejected]).toEqual(expected);
    expect(ignoredAtLeast).toBe(true);
    const ignored = reasons.filter(({ severity }) => severity === 'ignored').map(({ text }) => text);
    if (texts !== undefined) expect(ignored).toEqual(texts);
  });

  it('from the values of a line whose code and words are new', () => {
    const line = detail('segmentsRowsProcessed', 'Segments: new words', 0, { createdCount: '3', failedCount: '2' });
    const classified = classifyTask(complete({ successful: true, details: [line] }), loadItems);
    expect([classified.outcome, classified.counts?.rejected]).toEqual(['succeeded-with-rejects', 2]);
  });

  it('of rows that could not be read leave those to the dump, where it is read', () => {
    const line = detail('hierarchyRowsProcessedWithFailures', 'Staff: new words');
    const task = complete({ successful: true, failureDumpAvailable: true, details: [line] });
    const classified = classifyTask(task, { ...loadItems, dumps: [dump({ rejected: 4 })] });
    expect([classified.counts?.rejected, classified.rejectedAtLeast]).toEqual([4, undefined]);
  });

  it('are not taken back by a dump without a row, which cannot be the one that was announced', () => {
    const task = complete({ successful: false, failureDumpAvailable: true, details: [unitsFailed] });
    const classified = classifyTask(task, { ...loadItems, dumps: [dump({ header: ['<html>'] })] });
    expect(classified).toMatchObject({ outcome: 'succeeded-with-rejects', rejectedAtLeast: true });
    expect(classified.counts?.rejected).toBeGreaterThan(0);
  });

  it('adds up cells of several line items, and knows of rejected rows only the least, because a row has many cells', () => {
    const price = detail('lineItemRowsProcessedWithFailuresAndIgnored', 'Price cells: 40 (2 failed, 5 ignored)');
    const classified = classifyTask(complete({ successful: true, details: [unitsFailed, price] }), loadItems);
    expect([classified.cells, classified.counts?.rejected, classified.counts?.ignored]).toEqual([160, 3, 5]);
    expect(classified.rejectedAtLeast).toBe(true);
  });
});

describe('what a person reads', () => {
  it.each([
    [
      'a missing upload',
      [noFile],
      'source-file',
      'Import "Load items" failed: Anaplan says "The uploaded file is no longer available. Please upload the file again.".',
    ],
    [
      'an unknown code, whole',
      [detail('newCode', 'New trouble: 7')],
      'unrecognised',
      'Import "Load items" failed: Anaplan says "New trouble: 7".',
    ],
    [
      'rows that were all counted as loaded, when Anaplan says that it was not successful',
      [thirteen],
      'unrecognised',
      'Import "Load items" failed: Anaplan gave no reason. 13 rows had been loaded before.',
    ],
    [
      'rows that were all left out',
      [detail('lineItemRowsProcessed', 'Units cells: 0'), unmapped],
      'mapping',
      'Import "Load items" failed: nothing was loaded, rows were left out. Reason: "3 Products identifier(s) (Tea, Cocoa, Milk) were not mapped and ignored".',
    ],
    ['nothing at all', [], 'unrecognised', 'Import "Load items" failed: Anaplan gave no reason.'],
    [
      'every row rejected',
      [allFailed, detail('hierarchyImportInvalidName', 'Invalid name', 15)],
      'invalid-data',
      'Import "Load items" failed: nothing was loaded, 15 rows were rejected. Most frequent: "Invalid name" (15 times).',
    ],
  ] as const)('of %s', (_, details, category, message) => {
    const { diagnosis } = classifyTask(complete({ successful: false, details }), loadItems);
    expect(diagnosis).toMatchObject({ category, message, retry: { kind: 'no' } });
    expect(diagnosis?.whatToCheck.length).toBeGreaterThan(0);
  });

  it.each([
    [
      'an import whose rows are loaded, that was not done to the end',
      loadItems,
      complete({ details: [twoFailed, invalidParent] }, { currentStep: 'Failed.' }),
      'Import "Load items" failed: 2 rows were rejected. Most frequent: "Invalid parent" (2 times). 13 rows had been loaded before.',
    ],
    [
      'an import that wrote cells before it failed',
      loadItems,
      complete({ successful: false, details: [units, notAuthorised] }),
      'Import "Load items" failed: Anaplan says "You are not authorised to run Load items". 120 cells had been written.',
    ],
    [
      'a process whose import wrote cells before it failed',
      nightly,
      complete({
        successful: false,
        nestedResults: [
          result({ objectId: '112000000006', successful: true, details: [employees] }),
          result({ objectId: '112000000007', successful: false, details: [units, notAuthorised] }),
        ],
      }),
      'Process "Nightly" failed in "Load Sales": Anaplan says "You are not authorised to run Load items". Already applied: "Load Products". 120 cells had been written.',
    ],
  ] as const)('of %s, that a part of it is done', (_, context, task, message) => {
    expect(classifyTask(task, context).diagnosis).toMatchObject({ message, appliedInPart: true });
  });

  it('of a cancelled task, who did it', () => {
    const { diagnosis } = classifyTask({ taskId: '1', taskState: 'CANCELLED', cancelledBy: 'Ann Lee' }, loadItems);
    expect(diagnosis?.message).toBe('Import "Load items" did not finish: Ann Lee cancelled it.');
  });

  it('of a task that has not ended, that it was asked too early', () => {
    const running: Task = { taskId: '1', taskState: 'IN_PROGRESS' };
    expect(isFinal(running)).toBe(false);
    expect(classifyTask(running, loadItems).diagnosis?.category).toBe('internal');
  });
});
