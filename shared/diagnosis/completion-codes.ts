import type { CodeTable } from './message-codes.ts';
import { OPEN_DUMP } from './row-codes.ts';

const done = (template: string) => ({
  level: 'completion' as const,
  template,
  category: 'unrecognised' as const,
  cause: '',
  whatToCheck: [],
});

const rejected = (template: string) => ({
  ...done(template),
  category: 'invalid-data' as const,
  cause: 'Some of the data was rejected.',
  whatToCheck: [OPEN_DUMP],
});

const LIST_ROWS = '{hierarchyName}: {successRowCount} ({successCreateCount}/{successUpdateCount}) rows successful';
const LIST_WARNINGS = '{warningsRowCount} ({warningsCreateCount}/{warningsUpdateCount}) rows has warnings';
const LIST_NAMES =
  '{hierarchyName}: {createdCount} created / {renamedCount} renamed ({invalidCount} invalid), {updatedCount} properties updated';
const FROM_LINE_ITEM =
  '{moduleName}: {createdCount} created, {renamedCount} renamed, {updatedCount} properties updated';

/**
 * What Anaplan reports of an action that ran to its end; counts of failed rows come here too
 * (anaplan-notes: Message codes, completion). Whether it is good news is read off the counts, not off the code.
 */
export const COMPLETION_CODES: CodeTable = {
  deleteFromSelectionSucceeded: done(
    '{affectedItems} items were deleted from the list {targetName} using {filterName}',
  ),
  exportSucceeded: done('Export for {exportName} completed successfully. {fileSize} bytes written.'),
  hierarchyNoChanges: done('{hierarchyName}: no changes required'),
  hierarchyRowsProcessed: done(`${LIST_ROWS}, {ignoredCount} ignored`),
  hierarchyRowsProcessedWithWarnings: done(`${LIST_ROWS}, ${LIST_WARNINGS}, {ignoredCount} ignored`),
  hierarchyRowsProcessedWithFailures: rejected(
    `${LIST_ROWS}, ${LIST_WARNINGS}, {failedCount} failed, {ignoredCount} ignored`,
  ),
  hierarchyRowsProcessedWithInvalidNames: done(LIST_NAMES),
  hierarchyRowsProcessedWithInvalidNamesAndFailures: rejected(`${LIST_NAMES}, {failedCount} failed`),
  hierarchyRowsProcessedFromLineItem: done(FROM_LINE_ITEM),
  hierarchyRowsProcessedWithFailuresFromLineItem: rejected(`${FROM_LINE_ITEM}, {failedCount} failed`),
  lineItemRowsProcessed: done('{lineItemName} cells: {rowCount}'),
  lineItemRowsProcessedWithFailures: rejected('{lineItemName} cells: {rowCount} ({failureCount} failed)'),
  lineItemRowsProcessedWithIgnored: done('{lineItemName} cells: {rowCount} ({ignoredCount} ignored)'),
  lineItemRowsProcessedWithFailuresAndIgnored: rejected(
    '{lineItemName} cells: {rowCount} ({failureCount} failed, {ignoredCount} ignored)',
  ),
  taskElementSucceeded: done('{message}'),
  usersNoChanges: done('Users: no changes required'),
  usersRowsProcessed: done('Users: {createdCount} created, {updatedCount} permissions updated'),
  usersRowsProcessedWithFailures: rejected(
    'Users: {createdCount} created, {updatedCount} permissions updated ({failedCount} failed)',
  ),
  usersRowsProcessedWithInvalidNames: done(
    'Users: {createdCount} created ({invalidCount} invalid), {updatedCount} permissions updated',
  ),
  usersRowsProcessedWithInvalidNamesAndFailures: rejected(
    'Users: {createdCount} created ({invalidCount} invalid), {updatedCount} permissions updated ({failedCount} failed)',
  ),
  versionsNoChanges: done('Versions: no changes required'),
  versionsRowsProcessed: done('Versions: {createdCount} created, {updatedCount} properties updated'),
  versionsRowsProcessedWithFailures: rejected(
    'Versions: {createdCount} created, {updatedCount} properties updated ({failedCount} failed)',
  ),
};
