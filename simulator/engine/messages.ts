/** Message codes and their texts, as the live service has them (anaplan-notes: Message codes). `{name}` is filled from `values`. */
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
  connectorError: 'Failed to read data: {message}',
  crossCustomerImport: 'Both target and source workspaces must be associated with the same customer',
  deleteFromSelectionFailed: 'Deleting from the list {targetName} using {filterName} failed: {errorMessage}',
  failedToCreateRevision: '{title}. {subtitle} {messageText}',
  failedToLocateEntity: 'Failed to locate {entityType} {entityName}',
  failedToLocateHierarchy: 'Failed to locate list {entityName}',
  failedToLocateModel: 'Failed to locate model ({modelName})',
  failedToLocateModule: 'Failed to locate module {entityName}',
  failedToLocateSavedView: 'Failed to locate saved view {entityName}',
  hierarchyImportBombed: 'Import into {hierarchyName} list failed an internal error occurred',
  hierarchyImportDuplicateSourceKey:
    'Property-based list import has disallowed duplicate properties for given key in source data - cannot proceed',
  hierarchyImportDuplicateTargetKey:
    'Property-based list import has disallowed duplicate properties for given key in target data - cannot proceed',
  hierarchyImportFailedToUpdateProperties: 'An internal error occurred and properties were not updated',
  hierarchyImportInconsistentRenaming:
    'Import into {hierarchyName} list failed: inconsistent renaming found for same code - check mapping and/or data',
  hierarchyImportNameOrCodeSameAsParent: 'The import has name or code mapped to same source as parent - cannot proceed',
  importFailedGeneralError: '{errorMessage}',
  modelObjectNotLocated: 'Model object "{modelObject}" could not be located',
  modelObjectNotSupported: 'Model object "{modelObject}" is not a supported source',
  msgTooManyColumns: 'Excel workbooks cannot support more than 256 columns',
  msgTooManyRows: 'Excel workbooks cannot support more than 65536 rows',
  noAccessToModule: 'Your role does not permit any access to the source module.',
  sourceModelArchived: 'Source model is archived ({modelId}/{modelName})',
  sourceWorkspaceNoAccess: 'You do not have access to the source workspace',
  sourceWorkspaceNotLocated: 'Failed to locate source workspace',
  taskElementFailed: '{errorMessage}',
  usersImportBombed: 'Import into Users list failed: An internal error occurred',
  usersImportFailed: 'Import into Users list failed: {message}',
  versionsImportBombed: 'Import into Versions failed: An internal error occurred',
  versionsImportFailed: 'Import into Versions failed: {message}',
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
  moduleImportDimensionIdentifiersUnmapped: '{count} {dimension} identifier(s) ({items}) were not mapped and ignored',
  moduleImportRepeatedNonNumeric: 'More than one data value has been provided for a non-numeric cell.',
} as const satisfies Record<string, string>;

export type MessageCode = keyof typeof TEMPLATES;
export const MESSAGE_CODES = Object.keys(TEMPLATES) as MessageCode[];
export type MessageValues = Readonly<Record<string, string | number | null>>;

/** One element of a result's `details`, before quirks. */
export interface Detail {
  type: MessageCode;
  occurrences: number;
  values: MessageValues;
}

/** The text of a message code with its values filled in; a code that is not in the table speaks for itself. */
export function messageText(type: MessageCode, values: MessageValues = {}): string {
  return TEMPLATES[type].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
