import type { Category } from './diagnosis.ts';
import type { CodeTable } from './message-codes.ts';

const row = (category: Category, template: string, cause: string, ...whatToCheck: string[]) => ({
  level: 'row' as const,
  template,
  category,
  cause,
  whatToCheck,
});

const warned = (...of: Parameters<typeof row>) => ({ ...row(...of), usually: 'warned' as const });

const ignored = (...of: Parameters<typeof row>) => ({ ...row(...of), usually: 'ignored' as const });

const QUOTES =
  'Look at the named line of the file: a quote or a separator is missing or too many; have the file written anew.';
const DELIMITERS = 'Check that separator and text delimiter of the import are those the file is written with.';
const DATE_FORMAT = 'Open the import in Anaplan and correct the date format of the column.';
/** Where the rejected rows are seen; good advice whatever the reason. */
export const OPEN_DUMP =
  'Open the failure dump: each rejected row stands there with its line in the source file and the reason.';
const ADD_MEMBERS = 'Add the missing members to the list first, or run the import of the list before this one.';
const SPELLING =
  'If the members exist, compare the spelling, blanks and codes, and whether the import matches by name or by code.';
const ACCESS =
  'Check Selective Access and the role of the integration user on the list; a workspace administrator is not restricted.';

const badDate = (template: string) =>
  row(
    'invalid-data',
    template,
    'Dates in the file do not fit the format that the import expects.',
    'Compare the dates in the rejected rows with the date format set in the import.',
    OPEN_DUMP,
  );

const badKey = (template: string, cause: string) =>
  row('invalid-data', template, cause, 'Check the columns that make the key of the import.', OPEN_DUMP);

const noAccess = (action: string) =>
  row(
    'access-restriction',
    `You are not authorised to ${action}`,
    'Access restrictions keep the integration user from changing these list members.',
    ACCESS,
    OPEN_DUMP,
  );

const badUser = (template: string) =>
  row('invalid-data', template, 'Rows of the users import contradict each other or the model.', OPEN_DUMP);

const DATE_PARTS = [
  'D',
  'DD',
  'H',
  'M',
  'MM',
  'MMM',
  'MMMM',
  'Q',
  'Separator',
  'W',
  'WW',
  'Y',
  'YY',
  'YYYY',
  'Character',
];

/**
 * What is wrong with single rows: details of a task, and the `_Error_n_` columns of its dump, where a value is often
 * appended (anaplan-notes: Message codes, rows). `usually: 'warned'` marks codes whose rows are normally loaded all the
 * same; the dump's own `_Status_` outranks it. `usually: 'ignored'` marks codes that say themselves that something was left out.
 */
export const ROW_CODES: CodeTable = {
  columnSeparatorExpected: row(
    'source-file',
    'Column separator expected at line {lineNumber}, character {position}',
    'After a quoted value, the file goes on where a separator should stand.',
    QUOTES,
    DELIMITERS,
  ),
  unmatchedTextDelimiter: row(
    'source-file',
    'Unmatched delimiter character at line {lineNumber}, character {position}',
    'A quote in the file opens and never closes.',
    QUOTES,
    DELIMITERS,
  ),
  dateFormatInvalid: row(
    'mapping',
    'Date format is invalid: {format}',
    'The date format set in the import is not valid.',
    DATE_FORMAT,
  ),
  dateFormatMalformed: row(
    'mapping',
    'Date format is malformed: {format}',
    'The date format set in the import is not valid.',
    DATE_FORMAT,
  ),
  periodFormatMalformed: row(
    'mapping',
    'Period format is malformed: {format}',
    'The period format set in the import is not valid.',
    DATE_FORMAT,
  ),
  invalidDate: { ...badDate('Invalid date for format {format}'), usually: 'warned' },
  invalidPeriod: badDate('Invalid period for format {format}'),
  ...Object.fromEntries(DATE_PARTS.map((part) => [`expected${part}`, badDate(`Expected ${part} in date/period`)])),
  hierarchyImportInvalidCode: row(
    'invalid-data',
    'Invalid code',
    'Codes in the file are not valid in the list.',
    OPEN_DUMP,
  ),
  hierarchyImportInvalidName: row(
    'invalid-data',
    'Invalid name',
    'Names in the file are empty or not valid in the list.',
    OPEN_DUMP,
  ),
  hierarchyImportInvalidParent: warned(
    'missing-members',
    'Invalid parent',
    'Parents named in the file are not in the parent list.',
    'Add the missing parents to the parent list first, or run its import before this one.',
    SPELLING,
  ),
  hierarchyImportInvalidStatus: row(
    'invalid-data',
    'Invalid workflow status',
    'A workflow status in the file does not exist.',
    OPEN_DUMP,
  ),
  hierarchyImportEmptyKey: badKey(
    'Error parsing key for this row; no values',
    'Rows have no value in the key columns.',
  ),
  hierarchyImportParseErrorInKey: badKey(
    'Error parsing key for this row; invalid data: {value}',
    'Rows have a value in a key column that cannot be read.',
  ),
  hierarchyImportInvalidEntityIdInKey: row(
    'missing-members',
    'Error in key for this row; refers to invalid list item: {value}',
    'Key columns name list members that do not exist.',
    ADD_MEMBERS,
    SPELLING,
  ),
  hierarchyImportDuplicateKeyInSource: badKey(
    'Another row has already been processed with this key',
    'The file holds the same key more than once.',
  ),
  hierarchyImportDuplicateKeyInTarget: badKey(
    'Key for this row maps to more than one list member',
    'The list in Anaplan holds the same key more than once.',
  ),
  hierarchyImportFailedDependency: row(
    'invalid-data',
    'Has dependency on rejected row',
    'Rows depend on others that were rejected.',
    'Mend the other rejected rows first: these follow by themselves.',
  ),
  hierarchyImportNameOrCodeExists: row(
    'invalid-data',
    'New property combination found but name or code already exists',
    'Rows would create members whose name or code is taken.',
    'Check whether these members were renamed or given another key in Anaplan.',
    OPEN_DUMP,
  ),
  hierarchyImportNoNameOrCode: row(
    'invalid-data',
    'New property combination found but no name or code is provided',
    'Rows would create members without a name or code.',
    'Map name or code, or have them filled in the file.',
    OPEN_DUMP,
  ),
  hierarchyImportNewEntityNumberedList: row(
    'invalid-data',
    'Cannot import record into numbered list as it has a new name ({name})',
    'Rows name members that a numbered list does not have.',
    'In a numbered list, match by code or by a combination of properties instead of the name.',
  ),
  hierarchyImportParentMustBeLeaf: row(
    'invalid-data',
    'Parent item has a child item that is in a different list: {name}',
    'Parents in the file already have children of another list.',
    'Check the levels of the hierarchy in the rejected rows.',
    OPEN_DUMP,
  ),
  hierarchyImportAccessCantMoveFromParent: noAccess('move items from this parent'),
  hierarchyImportAccessCantMoveToParent: noAccess('move items to this parent'),
  hierarchyImportAccessNoCreateWithoutParent: noAccess('create items without a parent'),
  hierarchyImportAccessNoImplicitAddToTopLevel: noAccess('add items to the top level'),
  hierarchyImportAccessNoImplicitCreate: noAccess('create items'),
  hierarchyImportAccessNoMove: noAccess('move items'),
  hierarchyImportAccessNoMoveWithoutParent: noAccess('move items without a parent'),
  hierarchyImportAccessNoRemoveParent: noAccess('remove the parent'),
  hierarchyImportAccessNoUpdate: noAccess('update items'),
  hierarchyImportCancelledByUser: row(
    'cancelled',
    'Properties were not updated as import was cancelled',
    'Somebody cancelled the import before it was done.',
    'Ask who cancelled it and why; then redrive the run.',
  ),
  hierarchyImportPropertyChangeFailed: row(
    'invalid-data',
    'Failed to create property change: {message}',
    'A property of a list member could not be changed.',
    OPEN_DUMP,
  ),
  hierarchyImportCannotChangeCodeForTopLevel: row(
    'invalid-data',
    "Cannot change code for list's top level item",
    'A row would change the code of the top level item, which Anaplan does not allow.',
    'Take that row out of the file.',
  ),
  moduleImportInvalidListIdentifier: row(
    'missing-members',
    'Item not located in {hierarchyName} list',
    'The file names members that {hierarchyName} does not have.',
    ADD_MEMBERS,
    SPELLING,
    'Check that Selective Access does not hide these members from the integration user.',
  ),
  moduleImportInvalidTimeEntityIdentifier: row(
    'invalid-data',
    'Item not located in calendar for period type {periodType}',
    'Periods in the file lie outside the calendar of the model, or are written differently.',
    'Compare the periods in the rejected rows with the time range of the model and the period format of the import.',
    OPEN_DUMP,
  ),
  moduleImportInvalidTimescaleIdentifier: row(
    'invalid-data',
    'Invalid date or timescale identifier',
    'Dates or periods in the file could not be read as a time of the model.',
    'Compare the values in the rejected rows with the time range of the model and the period format of the import.',
    OPEN_DUMP,
  ),
  moduleImportInvalidLineItemIdentifier: row(
    'mapping',
    'Invalid line item identifier',
    'Columns or values of the file name line items that the module does not have.',
    'Compare the header of the file with the line items of the module: names, order, new or missing columns.',
    'Open the import in Anaplan and map its columns anew.',
  ),
  moduleImportNumberFormat: row(
    'invalid-data',
    'Invalid number',
    'Values in the file are no numbers as the import reads them.',
    'Check decimal and thousands separators, currency signs and text in number columns.',
    OPEN_DUMP,
  ),
  moduleImportDateFormat: badDate('Invalid date'),
  moduleImportBooleanFormat: row(
    'invalid-data',
    'Invalid Boolean (yes/no/true/false)',
    'Values in the file are neither yes, no, true nor false.',
    OPEN_DUMP,
  ),
  moduleImportRepeatedNonNumeric: row(
    'invalid-data',
    'More than one data value has been provided for a non-numeric cell.',
    'The file gives one cell several values; only numbers can be added up.',
    'Remove duplicate rows from the file, or check whether a dimension of the module is not mapped.',
    OPEN_DUMP,
  ),
  moduleImportDimensionIdentifiersUnmapped: ignored(
    'mapping',
    '{count} {dimension} identifier(s) ({items}) were not mapped and ignored',
    'Members in the file have no mapping in the import, and their rows were left out.',
    'Open the import in Anaplan and map the named members, or let it match them by name or code.',
  ),
  moduleImportLineItemIdentifiersUnmapped: ignored(
    'mapping',
    '{count} Line Item identifier(s) ({items}) were not mapped and ignored',
    'Line items in the file have no mapping in the import, and their values were left out.',
    'Open the import in Anaplan and map the named line items, or let it match them by name.',
  ),
  usersImportConflictingAccessLevel: badUser('Conflicting access levels'),
  usersImportConflictingAncestry: badUser('Conflicting ancestry'),
  usersImportConflictingNames: badUser('Conflicting names for user'),
  usersImportConflictingRoles: badUser('Conflicting roles for user'),
  usersImportInvalidEmail: badUser('Invalid email'),
  usersImportInvalidRole: badUser('Invalid role'),
};

/** Families of which Anaplan's list shows only examples: a code that begins so means the same as its relatives. */
export const ROW_FAMILIES: readonly (readonly [prefix: string, relative: string])[] = [
  ['expected', 'expectedCharacter'],
  ['hierarchyImportAccess', 'hierarchyImportAccessNoUpdate'],
  ['usersImportConflicting', 'usersImportConflictingRoles'],
  ['usersImportInvalid', 'usersImportInvalidEmail'],
];
