import { describe, expect, it } from 'vitest';
import * as schemas from '../../shared/anaplan/schemas.ts';
import type { Task, TaskDetail, TaskResult } from '../../shared/anaplan/types.ts';
import { classifyTask, isFinal, type TaskContext } from '../../shared/diagnosis/classify-task.ts';
import type { DumpSummary } from '../../shared/diagnosis/dump-summary.ts';

const loadItems: TaskContext = { action: { kind: 'imports', id: '112000000002', name: 'Load items' }, names: {} };
const nightly: TaskContext = {
  action: { kind: 'processes', id: '118000000002', name: 'Nightly' },
  names: { '112000000006': 'Load Products', '112000000007': 'Load Sales', '116000000009': 'Export X' },
};

function detail(
  type: string,
  localMessageText: string,
  occurrences = 0,
  values: TaskDetail['values'] = {},
): TaskDetail {
  return { type, localMessageText, occurrences, values };
}
function result(of: Partial<TaskResult> = {}): TaskResult {
  return { failureDumpAvailable: false, details: [], nestedResults: [], ...of };
}
function complete(of: Partial<TaskResult>, task: Partial<Task> = {}): Task {
  return { taskId: '1B1D', taskState: 'COMPLETE', currentStep: 'Complete.', progress: 1, result: result(of), ...task };
}
function dump(of: Partial<DumpSummary> & { objectId?: string } = {}): DumpSummary & { objectId?: string } {
  return {
    header: ['Code'],
    rows: (of.rejected ?? 0) + (of.warned ?? 0),
    rejected: 0,
    warned: 0,
    hasStatus: true,
    reasons: [],
    otherMessages: 0,
    missingMembers: [],
    ...of,
  };
}

// The answers recorded or put together in anaplan-notes: Success of an import.
const employees = detail('hierarchyRowsProcessed', 'Employees: 90 (0/90) rows successful, 5 ignored ', 0, {
  hierarchyName: 'Employees',
  successRowCount: '90',
  successCreateCount: '0',
  successUpdateCount: '90',
  warningsRowCount: '0',
  warningsCreateCount: '0',
  warningsUpdateCount: '0',
  failedCount: '0',
  ignoredCount: '5',
  totalRowCount: '95',
  totalCreateCount: '0',
  totalUpdateCount: '90',
  createdCount: '0',
  renamedCount: '90',
  updatedCount: '90',
  invalidCount: '0',
});
const twoFailed = detail(
  'hierarchyRowsProcessedWithFailures',
  'test e2e: 13 (0/13) rows successful, 0 (0/0) rows has warnings, 2 failed, 0 ignored',
);
const invalidParent = detail('hierarchyImportInvalidParent', 'Invalid parent', 2);
const warnings = detail(
  'hierarchyRowsProcessedWithWarnings',
  'Staff: 10 (4/6) rows successful, 3 (1/2) rows has warnings, 0 ignored',
);
const allFailed = detail(
  'hierarchyRowsProcessedWithFailures',
  'Staff: 0 (0/0) rows successful, 0 (0/0) rows has warnings, 15 failed, 0 ignored',
);
const missingItem = detail('moduleImportInvalidListIdentifier', 'Item not located in EVENT_ID list', 37, {
  '<missing item>': 'another',
});
const thirteen = detail('hierarchyRowsProcessed', 'Staff: 13 (3/10) rows successful, 0 ignored');
const noRows = detail('hierarchyRowsProcessed', 'Staff: 0 (0/0) rows successful, 0 ignored');
const unmapped = detail(
  'moduleImportDimensionIdentifiersUnmapped',
  '3 Products identifier(s) (Tea, Cocoa, Milk) were not mapped and ignored',
  1,
);
const unmappedItem = detail(
  'moduleImportLineItemIdentifiersUnmapped',
  '1 Line Item identifier(s) (Price) were not mapped and ignored',
);
const noFile = detail(
  'uploadedFileNoLongerAvailable',
  'The uploaded file is no longer available. Please upload the file again.',
);
const notAuthorised = detail('notAuthorised', 'You are not authorised to run Load items');
const exported = detail('exportSucceeded', 'Export for X completed successfully. 1024 bytes written.');
const units = detail('lineItemRowsProcessed', 'Units cells: 120');
const unitsFailed = detail('lineItemRowsProcessedWithFailures', 'Units cells: 120 (3 failed)');

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

describe('a process', () => {
  const good = (objectId: string) => result({ objectId, successful: true, details: [employees] });
  const partly = result({
    objectId: '112000000006',
    successful: false,
    failureDumpAvailable: true,
    details: [twoFailed, invalidParent],
  });
  const broken = result({ objectId: '112000000007', successful: false, details: [notAuthorised] });

  it.each([
    [
      'whose actions are fine is fine, even with successful: false',
      [good('112000000006'), result({ objectId: '116000000009', successful: true, details: [exported] })],
      { successful: false },
      'succeeded',
    ],
    [
      'whose nested results say nothing but success is fine',
      [result({ successful: true }), result({ successful: true })],
      { successful: false },
      'succeeded',
    ],
    [
      'whose actions say only what they counted is fine, even with successful: false',
      [result({ objectId: '112000000006', details: [thirteen] }), result({ details: [units] })],
      { successful: false },
      'succeeded',
    ],
    [
      'that says only what it counted is fine, even with successful: false',
      [],
      { successful: false, details: [units] },
      'succeeded',
    ],
    [
      'fails when an action counts nothing amiss and was not successful',
      [good('112000000006'), result({ objectId: '112000000007', successful: false, details: [thirteen] })],
      { successful: false },
      'failed',
    ],
    [
      'is harmed by rejects of one action',
      [partly, good('112000000007')],
      { successful: false, failureDumpAvailable: true },
      'succeeded-with-rejects',
    ],
    ['is harmed by rejects although it says success', [partly], { successful: true }, 'succeeded-with-rejects'],
    ['fails when one action fails', [good('112000000006'), broken], { successful: false }, 'failed'],
    [
      'fails when one fails and another rejects',
      [partly, broken],
      { successful: false, failureDumpAvailable: true },
      'failed',
    ],
    [
      'fails when a nested action says nothing but failure',
      [good('112000000006'), result({ objectId: '117000000001', successful: false })],
      { successful: false },
      'failed',
    ],
    ['fails by its own words', [good('112000000006')], { successful: false, details: [notAuthorised] }, 'failed'],
    ['that ran nothing and was not successful fails', [], { successful: false }, 'failed'],
    ['that ran nothing and was successful is fine', [], { successful: true }, 'succeeded'],
  ] as const)('%s', (_, nestedResults, own, outcome) => {
    expect(classifyTask(complete({ objectId: '118000000002', nestedResults, ...own }), nightly).outcome).toBe(outcome);
  });

  describe('whose result is long', () => {
    const many = (count: number, last: TaskResult) => [
      ...Array<TaskResult>(count - 1).fill(good('112000000006')),
      last,
    ];
    const lines = (count: number) => result({ successful: true, details: Array<TaskDetail>(count).fill(units) });
    const flagged = (id: number) =>
      result({ objectId: `${id}`, successful: true, failureDumpAvailable: true, details: [warnings] });

    it.each([
      ['is judged by its 201st action as by any other', many(201, broken), 'failed', 'failed in "Load Sales"'],
      ['of 2,000 actions that are fine is fine', many(2000, good('112000000007')), 'succeeded', undefined],
      [
        'of more actions than are read is not called fine',
        many(2001, good('112000000007')),
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'of which an action has more lines than are read is not called fine',
        [lines(2001)],
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'whose actions have more lines together than are read is not called fine',
        Array<TaskResult>(56).fill(lines(1800)),
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'of more dumps than are fetched is not called fine',
        Array.from({ length: 201 }, (_, id) => flagged(id)),
        'failed',
        'ran, and it is not known whether all of it went well',
      ],
      [
        'that is cut says what was rejected in the rest',
        many(2001, broken).toSpliced(0, 1, partly),
        'failed',
        'At least 2 rows were rejected. Most frequent: "Invalid parent" (2 times). Already applied: ',
      ],
    ])('%s', (_, nestedResults, outcome, words) => {
      const classified = classifyTask(complete({ successful: false, nestedResults }), nightly);
      expect(classified.outcome).toBe(outcome);
      if (words === undefined) expect(classified.diagnosis).toBeUndefined();
      else expect(classified.diagnosis?.message).toContain(words);
      expect(classified.dumps.length).toBeLessThanOrEqual(200);
    });

    it('is not called fine either where the client has kept only a part of it', () => {
      const answered = complete({ successful: true, nestedResults: many(3000, broken) });
      expect(classifyTask(schemas.task.parse(answered), nightly).outcome).toBe('failed');
    });
  });

  it('whose step failed fails', () => {
    const task = complete({ successful: false, nestedResults: [good('112000000006')] }, { currentStep: 'Failed.' });
    expect(classifyTask(task, nightly).outcome).toBe('failed');
  });

  it('names the action that failed and what is already applied', () => {
    const { diagnosis } = classifyTask(
      complete({ successful: false, nestedResults: [good('112000000006'), broken] }),
      nightly,
    );
    expect(diagnosis).toMatchObject({
      category: 'permission',
      code: 'notAuthorised',
      cause: 'The integration user may not run "Load items".',
      message:
        'Process "Nightly" failed in "Load Sales": Anaplan says "You are not authorised to run Load items". Already applied: "Load Products".',
    });
    expect(diagnosis?.references).toMatchObject({
      failedObjectId: '112000000007',
      failedObject: 'Load Sales',
      taskId: '1B1D',
    });
  });

  it('announces the dumps of its actions, each once', () => {
    const task = complete({
      successful: false,
      failureDumpAvailable: true,
      nestedResults: [good('112000000007'), partly, partly],
    });
    expect(classifyTask(task, nightly).dumps).toEqual([{ objectId: '112000000006', ordinal: 2, nested: true }]);
  });

  it('that alone announces a dump asks the action that went wrong', () => {
    const silent = result({ objectId: '112000000006', successful: false, details: [twoFailed] });
    const task = complete({
      successful: false,
      failureDumpAvailable: true,
      nestedResults: [good('112000000007'), silent],
    });
    expect(classifyTask(task, nightly).dumps).toEqual([{ objectId: '112000000006', ordinal: 2, nested: true }]);
  });

  it.each([
    [
      'by the object they name',
      [
        { objectId: '112000000007', warned: 2 },
        { objectId: '112000000006', rejected: 4 },
      ],
      4,
    ],
    ['in the order announced, where they name none', [{ rejected: 3 }, { warned: 2 }], 3],
  ])('gives its dumps to its actions %s', (_, dumps, rejected) => {
    const silent = result({
      objectId: '112000000007',
      successful: false,
      failureDumpAvailable: true,
      details: [units],
    });
    const task = complete({ successful: false, failureDumpAvailable: true, nestedResults: [partly, silent] });
    const classified = classifyTask(task, { ...nightly, dumps: dumps.map((of) => dump(of)) });
    expect(classified.nested?.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['Load Products', 'succeeded-with-rejects'],
      ['Load Sales', 'succeeded'],
    ]);
    expect([classified.counts?.rejected, classified.counts?.warned, classified.rejectedAtLeast]).toEqual([
      rejected,
      2,
      undefined,
    ]);
  });

  it('is not told that a redrive uploads a file, unless its `files:` names it', () => {
    const silent = result({ objectId: '112000000006', successful: false, details: [noFile] });
    const task = complete({ successful: false, nestedResults: [silent] });
    const [first, second] = classifyTask(task, nightly).diagnosis?.whatToCheck ?? [];
    expect(first).toContain('Plandrop uploads for a process only what `files:` of its step names.');
    expect(second).toBe('If `files:` names it already, redrive the run: it uploads the file again.');
  });

  it('gives no total of rows, which may be those of several files', () => {
    const classified = classifyTask(complete({ successful: true, nestedResults: [good('a'), good('b')] }), nightly);
    expect([classified.totalRows, classified.counts?.processed, classified.nested?.[0]?.totalRows]).toEqual([
      undefined,
      190,
      95,
    ]);
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
