/** Message codes and their texts, as the live service has them (anaplan-notes: Messages). `{name}` is filled from `values`. */
const TEMPLATES = {
  actionFailed: 'Action failed. {failureDetails}',
  deleteFromSelectionSucceeded: '{affectedItems} items were deleted from the list {targetName} using {filterName}',
  exportSucceeded: 'Export for {exportName} completed successfully. {fileSize} bytes written.',
  hierarchyNoChanges: '{hierarchyName}: no changes required',
  hierarchyRowsProcessed:
    '{hierarchyName}: {successRowCount} ({successCreateCount}/{successUpdateCount}) rows successful, {ignoredCount} ignored ',
  hierarchyRowsProcessedWithWarnings:
    '{hierarchyName}: {successRowCount} ({successCreateCount}/{successUpdateCount}) rows successful, {warningsRowCount} ({warningsCreateCount}/{warningsUpdateCount}) rows has warnings, {ignoredCount} ignored',
  hierarchyRowsProcessedWithFailures:
    '{hierarchyName}: {successRowCount} ({successCreateCount}/{successUpdateCount}) rows successful, {warningsRowCount} ({warningsCreateCount}/{warningsUpdateCount}) rows has warnings, {failedCount} failed, {ignoredCount} ignored',
  lineItemRowsProcessed: '{lineItemName} cells: {rowCount}',
  lineItemRowsProcessedWithFailures: '{lineItemName} cells: {rowCount} ({failureCount} failed)',
  lineItemRowsProcessedWithIgnored: '{lineItemName} cells: {rowCount} ({ignoredCount} ignored)',
  lineItemRowsProcessedWithFailuresAndIgnored:
    '{lineItemName} cells: {rowCount} ({failureCount} failed, {ignoredCount} ignored)',
  hierarchyImportFailed: 'Import into {hierarchyName}list failed {message}',
  hierarchyImportNameAndCodeUnmapped: 'The import has both Name and Code unmapped - cannot proceed',
  hierarchyImportNoSelectiveEditing: 'You are not authorised to make changes to list: {hierarchyName} - cannot proceed',
  hierarchyImportUniqueness:
    'Import into {hierarchyName} list failed: distinct names found for same code - check mapping and/or data',
  internalError: 'An internal error occurred: {message}',
  missingFields: 'Warning: Import is incomplete as the following fields are unavailable: {fields}',
  moduleImportFailed: 'Import into {moduleName} module failed: {message}',
  moduleImportNoWriteAccess: 'You are not authorised to make changes to module: {moduleName} - cannot proceed',
  msgExportCancelled: 'Export cancelled by user',
  msgImportCancelled: 'Import cancelled by user',
  notAuthorised: 'You are not authorised to run {actionName}',
  uploadedFileNoLongerAvailable: 'The uploaded file is no longer available. Please upload the file again.',
  columnSeparatorExpected: 'Column separator expected at line {lineNumber}, character {position}',
  unmatchedTextDelimiter: 'Unmatched delimiter character at line {lineNumber}, character {position}',
  hierarchyImportInvalidCode: 'Invalid code',
  hierarchyImportInvalidName: 'Invalid name',
  hierarchyImportInvalidParent: 'Invalid parent',
  hierarchyImportEmptyKey: 'Error parsing key for this row; no values',
  hierarchyImportNewEntityNumberedList: 'Cannot import record into numbered list as it has a new name ({name})',
  hierarchyImportPropertyChangeFailed: 'Failed to create property change: {message}',
  moduleImportInvalidListIdentifier: 'Item not located in {hierarchyName} list',
  moduleImportInvalidTimeEntityIdentifier: 'Item not located in calendar for period type {periodType}',
  moduleImportInvalidTimescaleIdentifier: 'Invalid date or timescale identifier',
  moduleImportInvalidLineItemIdentifier: 'Invalid line item identifier',
  moduleImportNumberFormat: 'Invalid number',
  moduleImportDateFormat: 'Invalid date',
  moduleImportBooleanFormat: 'Invalid Boolean (yes/no/true/false)',
  moduleImportRepeatedNonNumeric: 'More than one data value has been provided for a non-numeric cell.',
} as const satisfies Record<string, string>;

export type MessageCode = keyof typeof TEMPLATES;
export type MessageValues = Readonly<Record<string, string | number | null>>;

/** One element of a result's `details`, before quirks. */
export interface Detail {
  type: MessageCode;
  occurrences: number;
  values: MessageValues;
}

/** The text of a message code with its values filled in. */
export function messageText(type: MessageCode, values: MessageValues = {}): string {
  return TEMPLATES[type].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
