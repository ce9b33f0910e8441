import type { Category } from './diagnosis.ts';
import type { CodeTable } from './message-codes.ts';

const failed = (category: Category, template: string, cause: string, ...whatToCheck: string[]) => ({
  level: 'failure' as const,
  template,
  category,
  cause,
  whatToCheck,
});

const SUPPORT = 'If it happens again, send Anaplan support what `plandrop support <runId>` makes.';
const OPEN_ACTION =
  'Open the import in Anaplan and look at its mapping tab; run it there once with the same file to see every column.';
const READ_TEXT = 'Read what Anaplan says; run the action once by hand in Anaplan with the same file to see all of it.';

const OTHERS_AT_FILE = [
  'Check that the same user uploads the file and runs the import.',
  'Check that no other program deletes or overwrites the same file.',
];

/** Anaplan failed inside; nothing in the file or the model is known to be wrong. */
const internal = (template: string) =>
  failed(
    'service',
    template,
    'Anaplan had an internal error while it ran the action.',
    'Check in Anaplan what was applied before the error; then redrive the run.',
    SUPPORT,
  );

/** A code whose text is made elsewhere: the words inside are looked up, these stand when they tell nothing. */
const wrapper = (template: string, cause: string) => ({
  ...failed('unrecognised', template, cause, READ_TEXT, SUPPORT),
  wrapper: true,
});

const keyMapping = (template: string, cause: string) =>
  failed(
    'mapping',
    template,
    cause,
    'Open the import in Anaplan and correct the properties that make its key.',
    OPEN_ACTION,
  );

const notThere = (template: string, what: string) =>
  failed(
    'not-found',
    template,
    `The action refers to ${what} that is not there, or that the integration user may not see.`,
    `Check in Anaplan that ${what} of that name exists; it may have been renamed or deleted.`,
    'Check that the role of the integration user has access to it.',
    'Open the action in Anaplan and point it at the right object.',
  );

/**
 * The whole task failed (anaplan-notes: Message codes, failure). `{…}` in a cause is filled with what Anaplan's text names.
 */
export const FAILURE_CODES: CodeTable = {
  actionFailed: wrapper('Action failed. {failureDetails}', 'The action failed.'),
  connectorError: failed(
    'source-file',
    'Failed to read data: {message}',
    'Anaplan could not read the source of the data.',
    'Check that the file was uploaded whole and is in the format the import expects.',
    READ_TEXT,
  ),
  crossCustomerImport: failed(
    'permission',
    'Both target and source workspaces must be associated with the same customer',
    'The import reads a model of another customer, which Anaplan does not allow.',
    'Check which source model the import reads, and move the data through a file instead.',
  ),
  deleteFromSelectionFailed: wrapper(
    'Deleting from the list {targetName} using {filterName} failed: {errorMessage}',
    'Items of {targetName} could not be deleted.',
  ),
  failedToCreateRevision: failed(
    'model-state',
    '{title}. {subtitle} {messageText}',
    'Anaplan could not create a revision of the model.',
    'Check the state of the model and its revisions in Anaplan, and run the action by hand.',
  ),
  failedToLocateEntity: notThere('Failed to locate {entityType} {entityName}', 'an object'),
  failedToLocateHierarchy: notThere('Failed to locate list {entityName}', 'a list'),
  failedToLocateModel: notThere('Failed to locate model ({modelName})', 'a model'),
  failedToLocateModule: notThere('Failed to locate module {entityName}', 'a module'),
  failedToLocateSavedView: notThere('Failed to locate saved view {entityName}', 'a saved view'),
  hierarchyImportBombed: internal('Import into {hierarchyName} list failed an internal error occurred'),
  hierarchyImportDuplicateSourceKey: failed(
    'invalid-data',
    'Property-based list import has disallowed duplicate properties for given key in source data - cannot proceed',
    'The file holds the same key more than once.',
    'Remove duplicate rows from the file, or add a property to the key of the import so that every row is unique.',
  ),
  hierarchyImportDuplicateTargetKey: failed(
    'invalid-data',
    'Property-based list import has disallowed duplicate properties for given key in target data - cannot proceed',
    'The list in Anaplan holds the same key more than once.',
    'Find the list members that share the key properties and make them unique, or choose another key for the import.',
  ),
  hierarchyImportFailed: wrapper(
    'Import into {hierarchyName}list failed {message}',
    'The import into {hierarchyName} failed.',
  ),
  hierarchyImportFailedToUpdateProperties: internal('An internal error occurred and properties were not updated'),
  hierarchyImportInconsistentRenaming: failed(
    'invalid-data',
    'Import into {hierarchyName} list failed: inconsistent renaming found for same code - check mapping and/or data',
    'The file gives one code several new names.',
    'Sort the file by code and make sure that each code has one name.',
    'Check that name and code are mapped to the right columns.',
  ),
  hierarchyImportUniqueness: failed(
    'invalid-data',
    'Import into {hierarchyName} list failed: distinct names found for same code - check mapping and/or data',
    'The file gives one code several names.',
    'Sort the file by code and make sure that each code has one name.',
    'Check that name and code are mapped to the right columns.',
  ),
  hierarchyImportNameAndCodeUnmapped: failed(
    'mapping',
    'The import has both Name and Code unmapped - cannot proceed',
    'The import maps neither name nor code of the list, so no row can be told from another.',
    'Check that the header of the file has not changed, then map name or code again.',
    OPEN_ACTION,
  ),
  hierarchyImportNameOrCodeSameAsParent: failed(
    'mapping',
    'The import has name or code mapped to same source as parent - cannot proceed',
    'The import reads name or code and the parent from the same column.',
    'Map the parent to its own column.',
    OPEN_ACTION,
  ),
  hierarchyImportNoSelectiveEditing: failed(
    'permission',
    'You are not authorised to make changes to list: {hierarchyName} - cannot proceed',
    'The integration user may not change the list {hierarchyName}.',
    'Give the role of the integration user write access to the list in Anaplan.',
    'Check the Selective Access of the list for that user.',
  ),
  hierarchyImportPropertyKeyCalculated: keyMapping(
    'Property-based import uses a calculated property in its key, but this is not permitted - cannot proceed',
    'A property in the key of the import is calculated.',
  ),
  hierarchyImportPropertyKeyInvalidMissing: keyMapping(
    'Property-based import uses an invalid key (property missing) - cannot proceed',
    'A property in the key of the import no longer exists.',
  ),
  hierarchyImportPropertyKeyInvalidNoDefintion: keyMapping(
    'Property-based import uses an invalid key (no property definition) - cannot proceed',
    'The key of the import has no property.',
  ),
  hierarchyImportPropertyKeyInvalidSystem: keyMapping(
    'Property-based import uses an invalid key (disallowed property) - cannot proceed',
    'The key of the import uses a property that Anaplan does not allow there.',
  ),
  hierarchyImportPropertyKeyUnmapped: keyMapping(
    'Property-based import has one of the key properties unmapped - cannot proceed',
    'A property in the key of the import has no column.',
  ),
  importFailedGeneralError: wrapper('{errorMessage}', 'The import failed.'),
  internalError: internal('An internal error occurred: {message}'),
  missingFields: failed(
    'mapping',
    'Warning: Import is incomplete as the following fields are unavailable: {fields}',
    'Columns that the import reads are not in the file: {fields}.',
    'Compare the header of the file with the columns of the import: names, spelling, separator.',
    'Have the missing columns put back into the file, or map the import anew if they are gone for good.',
    OPEN_ACTION,
  ),
  modelObjectNotLocated: notThere('Model object "{modelObject}" could not be located', 'a model object'),
  modelObjectNotSupported: failed(
    'mapping',
    'Model object "{modelObject}" is not a supported source',
    'The import reads an object that cannot be a source.',
    'Open the import in Anaplan and choose another source.',
  ),
  moduleImportFailed: wrapper(
    'Import into {moduleName} module failed: {message}',
    'The import into {moduleName} failed.',
  ),
  moduleImportNoWriteAccess: failed(
    'permission',
    'You are not authorised to make changes to module: {moduleName} - cannot proceed',
    'The integration user may not write to the module {moduleName}.',
    'Give the role of the integration user write access to the module in Anaplan.',
    'Check Selective Access and Dynamic Cell Access of the module.',
  ),
  msgExportCancelled: failed(
    'cancelled',
    'Export cancelled by user',
    'Somebody cancelled the export in Anaplan.',
    'Ask who cancelled it and why; then redrive the run.',
  ),
  msgImportCancelled: failed(
    'cancelled',
    'Import cancelled by user',
    'Somebody cancelled the import in Anaplan.',
    'Ask who cancelled it and why; then redrive the run.',
  ),
  msgTooManyColumns: failed(
    'configuration',
    'Excel workbooks cannot support more than 256 columns',
    'The export is wider than its Excel format allows.',
    'Change the export in Anaplan to write CSV, or fewer columns.',
  ),
  msgTooManyRows: failed(
    'configuration',
    'Excel workbooks cannot support more than 65536 rows',
    'The export is longer than its Excel format allows.',
    'Change the export in Anaplan to write CSV, or fewer rows.',
  ),
  noAccessToModule: failed(
    'permission',
    'Your role does not permit any access to the source module.',
    'The role of the integration user has no access to the source module.',
    'Give the role of the integration user read access to the source module in Anaplan.',
  ),
  notAuthorised: failed(
    'permission',
    'You are not authorised to run {actionName}',
    'The integration user may not run {actionName}.',
    'Give the role of the integration user access to the action in Anaplan: model settings, roles, actions.',
    'In a process, the role needs access to every action it contains.',
    'Some actions need a workspace administrator.',
  ),
  sourceModelArchived: failed(
    'model-state',
    'Source model is archived ({modelId}/{modelName})',
    'The model that the import reads from is archived.',
    'Have the source model unarchived, or point the import at the model that took its place.',
  ),
  sourceWorkspaceNoAccess: failed(
    'permission',
    'You do not have access to the source workspace',
    'The integration user has no access to the workspace the import reads from.',
    'Give the integration user access to the source workspace and a role in the source model.',
  ),
  sourceWorkspaceNotLocated: notThere('Failed to locate source workspace', 'a source workspace'),
  taskElementFailed: wrapper('{errorMessage}', 'A part of the action failed.'),
  uploadedFileNoLongerAvailable: {
    ...failed(
      'source-file',
      'The uploaded file is no longer available. Please upload the file again.',
      'Anaplan has no uploaded file for this import: it was not uploaded whole, not by this user, or more than 48 hours ago.',
      'Redrive the run: it uploads the file again.',
      ...OTHERS_AT_FILE,
    ),
    whatToCheckInProcess: [
      'Plandrop uploads for a process only what `files:` of its step names. Add the import there, or load its file before: by an import step, or by hand as the integration user.',
      'If `files:` names it already, redrive the run: it uploads the file again.',
      ...OTHERS_AT_FILE,
    ],
  },
  usersImportBombed: internal('Import into Users list failed: An internal error occurred'),
  usersImportFailed: wrapper('Import into Users list failed: {message}', 'The import into the Users list failed.'),
  versionsImportBombed: internal('Import into Versions failed: An internal error occurred'),
  versionsImportFailed: wrapper('Import into Versions failed: {message}', 'The import into Versions failed.'),
  versionImportPropertyChangeFailed: failed(
    'invalid-data',
    'Failed to update version property',
    'A property of a version could not be changed.',
    'Check the version rows of the file against the versions in Anaplan; some properties cannot be changed by an import.',
  ),
};
