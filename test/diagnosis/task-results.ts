import type { Task, TaskDetail, TaskResult } from '../../shared/anaplan/types.ts';
import type { TaskContext } from '../../shared/diagnosis/classify-task.ts';
import type { DumpSummary } from '../../shared/diagnosis/dump-summary.ts';

/** What Anaplan answers when a task is over, as the tests of the classifier put it together. */

export const loadItems: TaskContext = {
  action: { kind: 'imports', id: '112000000002', name: 'Load items' },
  names: {},
};
export const nightly: TaskContext = {
  action: { kind: 'processes', id: '118000000002', name: 'Nightly' },
  names: { '112000000006': 'Load Products', '112000000007': 'Load Sales', '116000000009': 'Export X' },
};

export function detail(
  type: string,
  localMessageText: string,
  occurrences = 0,
  values: TaskDetail['values'] = {},
): TaskDetail {
  return { type, localMessageText, occurrences, values };
}
export function result(of: Partial<TaskResult> = {}): TaskResult {
  return { failureDumpAvailable: false, details: [], nestedResults: [], ...of };
}
export function complete(of: Partial<TaskResult>, task: Partial<Task> = {}): Task {
  return { taskId: '1B1D', taskState: 'COMPLETE', currentStep: 'Complete.', progress: 1, result: result(of), ...task };
}
export function dump(of: Partial<DumpSummary> & { objectId?: string } = {}): DumpSummary & { objectId?: string } {
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
export const employees = detail('hierarchyRowsProcessed', 'Employees: 90 (0/90) rows successful, 5 ignored ', 0, {
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
export const twoFailed = detail(
  'hierarchyRowsProcessedWithFailures',
  'test e2e: 13 (0/13) rows successful, 0 (0/0) rows has warnings, 2 failed, 0 ignored',
);
export const invalidParent = detail('hierarchyImportInvalidParent', 'Invalid parent', 2);
export const warnings = detail(
  'hierarchyRowsProcessedWithWarnings',
  'Staff: 10 (4/6) rows successful, 3 (1/2) rows has warnings, 0 ignored',
);
export const allFailed = detail(
  'hierarchyRowsProcessedWithFailures',
  'Staff: 0 (0/0) rows successful, 0 (0/0) rows has warnings, 15 failed, 0 ignored',
);
export const missingItem = detail('moduleImportInvalidListIdentifier', 'Item not located in EVENT_ID list', 37, {
  '<missing item>': 'another',
});
export const thirteen = detail('hierarchyRowsProcessed', 'Staff: 13 (3/10) rows successful, 0 ignored');
export const noRows = detail('hierarchyRowsProcessed', 'Staff: 0 (0/0) rows successful, 0 ignored');
export const unmapped = detail(
  'moduleImportDimensionIdentifiersUnmapped',
  '3 Products identifier(s) (Tea, Cocoa, Milk) were not mapped and ignored',
  1,
);
export const unmappedItem = detail(
  'moduleImportLineItemIdentifiersUnmapped',
  '1 Line Item identifier(s) (Price) were not mapped and ignored',
);
export const noFile = detail(
  'uploadedFileNoLongerAvailable',
  'The uploaded file is no longer available. Please upload the file again.',
);
export const notAuthorised = detail('notAuthorised', 'You are not authorised to run Load items');
export const exported = detail('exportSucceeded', 'Export for X completed successfully. 1024 bytes written.');
export const units = detail('lineItemRowsProcessed', 'Units cells: 120');
export const unitsFailed = detail('lineItemRowsProcessedWithFailures', 'Units cells: 120 (3 failed)');
