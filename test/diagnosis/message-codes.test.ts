import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookUpMessage, lookUpText, MESSAGE_CODES } from '../../shared/diagnosis/message-codes.ts';

/** Every code of Anaplan's tables, by the table it stands in. */
const COMPLETION = `deleteFromSelectionSucceeded exportSucceeded hierarchyNoChanges hierarchyRowsProcessed
  hierarchyRowsProcessedWithWarnings hierarchyRowsProcessedWithFailures hierarchyRowsProcessedWithInvalidNames
  hierarchyRowsProcessedWithInvalidNamesAndFailures hierarchyRowsProcessedFromLineItem
  hierarchyRowsProcessedWithFailuresFromLineItem lineItemRowsProcessed lineItemRowsProcessedWithFailures
  lineItemRowsProcessedWithIgnored lineItemRowsProcessedWithFailuresAndIgnored taskElementSucceeded usersNoChanges
  usersRowsProcessed usersRowsProcessedWithFailures usersRowsProcessedWithInvalidNames
  usersRowsProcessedWithInvalidNamesAndFailures versionsNoChanges versionsRowsProcessed versionsRowsProcessedWithFailures`;
const FAILURE = `actionFailed connectorError crossCustomerImport deleteFromSelectionFailed failedToCreateRevision
  failedToLocateEntity failedToLocateHierarchy failedToLocateModel failedToLocateModule failedToLocateSavedView
  hierarchyImportBombed hierarchyImportDuplicateSourceKey hierarchyImportDuplicateTargetKey hierarchyImportFailed
  hierarchyImportFailedToUpdateProperties hierarchyImportInconsistentRenaming hierarchyImportUniqueness
  hierarchyImportNameAndCodeUnmapped hierarchyImportNameOrCodeSameAsParent hierarchyImportNoSelectiveEditing
  hierarchyImportPropertyKeyCalculated hierarchyImportPropertyKeyInvalidMissing
  hierarchyImportPropertyKeyInvalidNoDefintion hierarchyImportPropertyKeyInvalidSystem hierarchyImportPropertyKeyUnmapped
  importFailedGeneralError internalError missingFields modelObjectNotLocated modelObjectNotSupported moduleImportFailed
  moduleImportNoWriteAccess msgExportCancelled msgImportCancelled msgTooManyColumns msgTooManyRows noAccessToModule
  notAuthorised sourceModelArchived sourceWorkspaceNoAccess sourceWorkspaceNotLocated taskElementFailed
  uploadedFileNoLongerAvailable usersImportBombed usersImportFailed versionsImportBombed versionsImportFailed
  versionImportPropertyChangeFailed`;
const ROW = `columnSeparatorExpected unmatchedTextDelimiter dateFormatInvalid dateFormatMalformed periodFormatMalformed
  invalidDate invalidPeriod expectedCharacter expectedD expectedDD expectedH expectedM expectedMM expectedMMM expectedMMMM
  expectedQ expectedSeparator expectedW expectedWW expectedY expectedYY expectedYYYY hierarchyImportInvalidCode
  hierarchyImportInvalidName hierarchyImportInvalidParent hierarchyImportInvalidStatus hierarchyImportEmptyKey
  hierarchyImportParseErrorInKey hierarchyImportInvalidEntityIdInKey hierarchyImportDuplicateKeyInSource
  hierarchyImportDuplicateKeyInTarget hierarchyImportFailedDependency hierarchyImportNameOrCodeExists
  hierarchyImportNoNameOrCode hierarchyImportNewEntityNumberedList hierarchyImportParentMustBeLeaf
  hierarchyImportAccessCantMoveFromParent hierarchyImportAccessCantMoveToParent hierarchyImportAccessNoCreateWithoutParent
  hierarchyImportAccessNoImplicitAddToTopLevel hierarchyImportAccessNoImplicitCreate hierarchyImportAccessNoMove
  hierarchyImportAccessNoMoveWithoutParent hierarchyImportAccessNoRemoveParent hierarchyImportAccessNoUpdate
  hierarchyImportCancelledByUser hierarchyImportPropertyChangeFailed hierarchyImportCannotChangeCodeForTopLevel
  moduleImportInvalidListIdentifier moduleImportInvalidTimeEntityIdentifier moduleImportInvalidTimescaleIdentifier
  moduleImportInvalidLineItemIdentifier moduleImportNumberFormat moduleImportDateFormat moduleImportBooleanFormat
  moduleImportRepeatedNonNumeric moduleImportDimensionIdentifiersUnmapped moduleImportLineItemIdentifiersUnmapped
  usersImportConflictingAccessLevel usersImportConflictingAncestry usersImportConflictingNames
  usersImportConflictingRoles usersImportInvalidEmail usersImportInvalidRole`;

describe('the table', () => {
  it.each([
    ['completion', COMPLETION],
    ['failure', FAILURE],
    ['row', ROW],
  ])('holds every %s code, and each says the next action', (level, codes) => {
    const expected = codes.trim().split(/\s+/).sort();
    const held = Object.entries(MESSAGE_CODES).filter(([, meaning]) => meaning.level === level);
    expect(held.map(([code]) => code).sort()).toEqual(expected);
    if (level === 'completion') return;
    for (const [code, { cause, whatToCheck, category }] of held) {
      expect([
        code,
        cause !== '',
        whatToCheck.length > 0,
        category !== 'unrecognised' || MESSAGE_CODES[code]?.wrapper,
      ]).toEqual([code, true, true, true]);
    }
  });

  it('recognises each exact text without its code', () => {
    for (const [code, { template }] of Object.entries(MESSAGE_CODES)) {
      if (template.replace(/\{\w+\}/g, '').replace(/[^a-z]/gi, '').length < 6) continue;
      const text = template.replace(/\{(\w+)\}/g, (_, name: string) =>
        /Count$|^(count|lineNumber|position|affectedItems|fileSize)$/.test(name) ? '12' : 'Thing',
      );
      const found = lookUpText(text);
      expect([code, found.category, found.level]).toEqual([
        code,
        MESSAGE_CODES[code]?.category,
        MESSAGE_CODES[code]?.level,
      ]);
    }
  });
});

describe('looking up', () => {
  it.each([
    ['a code by its type', 'moduleImportInvalidListIdentifier', 'Item not located in EVENT_ID list', 'missing-members'],
    ['a known code whatever its text', 'hierarchyImportInvalidParent', 'Ungültiger Elternteil', 'missing-members'],
    ['a new code by its text', 'hierarchyImportInvalidParentV2', 'Invalid parent', 'missing-members'],
    ['a text without a code', '', 'You are not authorised to run Load Sales', 'permission'],
    ['a text with a value appended', '', 'Invalid date: ,,,', 'invalid-data'],
    ['a text with blanks at its end', '', 'Invalid number: a  ', 'invalid-data'],
    [
      'a relative of a known family',
      'hierarchyImportAccessNoSomethingNew',
      'You are not authorised to paint',
      'access-restriction',
    ],
    [
      'words in a frame',
      'moduleImportFailed',
      'Import into Sales module failed: You are not authorised to run X',
      'permission',
    ],
    [
      'words in a frame that speak of the mapping',
      'moduleImportFailed',
      'Import into Sales module failed: nothing is mapped to Versions',
      'mapping',
    ],
    [
      'words in a bare frame',
      'taskElementFailed',
      'The uploaded file is no longer available. Please upload the file again.',
      'source-file',
    ],
    ['an unknown code', 'somethingNew', 'Something new happened', 'unrecognised'],
    ['a frame around unknown words', 'importFailedGeneralError', 'Kaboom', 'unrecognised'],
    ['nothing', '', '', 'unrecognised'],
  ])('understands %s', (_, type, localMessageText, category) => {
    expect(lookUpMessage({ type, localMessageText }).category).toBe(category);
  });

  it('keeps the code Anaplan gave and reports unknown ones whole', () => {
    expect(lookUpMessage({ type: 'somethingNew', localMessageText: 'It broke: badly' })).toMatchObject({
      code: 'somethingNew',
      level: 'unknown',
      text: 'It broke: badly',
    });
    expect(lookUpMessage({ type: 'hierarchyImportInvalidParentV2', localMessageText: 'Invalid parent' }).code).toBe(
      'hierarchyImportInvalidParentV2',
    );
  });

  it('names the list in the cause, from the text or from the values', () => {
    expect(lookUpText('Item not located in Products list').cause).toBe(
      'The file names members that "Products" does not have.',
    );
    const byValues = lookUpMessage({
      type: 'moduleImportInvalidListIdentifier',
      localMessageText: '',
      values: { hierarchyName: 'SKU' },
    });
    expect(byValues.cause).toBe('The file names members that "SKU" does not have.');
    expect(lookUpMessage({ type: 'moduleImportInvalidListIdentifier' }).cause).toBe(
      'The file names members that the list does not have.',
    );
  });

  it.each([
    ['Invalid date: 31/31/2024', 'Invalid date', '31/31/2024'],
    ['Item not located in Products list: P-9', 'Item not located in Products list', 'P-9'],
    [
      'Unmatched delimiter character at line 12, character 7',
      'Unmatched delimiter character at line …, character …',
      undefined,
    ],
    ['Error parsing key for this row; invalid data: #N/A', 'Error parsing key for this row; invalid data: …', '#N/A'],
    [
      'Invalid line item identifier: Column 7 ("02 Customer")',
      'Invalid line item identifier',
      'Column 7 ("02 Customer")',
    ],
    ['Error parsing key for this row; no values', 'Error parsing key for this row; no values', undefined],
    ['Something else: P-9', 'Something else', 'P-9'],
  ])('counts "%s" with its like', (text, groupText, value) => {
    const found = lookUpText(text);
    expect([found.groupText, found.value]).toEqual([groupText, value]);
  });

  it('reads the counts out of a summary, even when the list name holds a colon', () => {
    const text = 'A: B: 13 (0/13) rows successful, 0 (0/0) rows has warnings, 2 failed, 0 ignored ';
    expect(
      lookUpMessage({ type: 'hierarchyRowsProcessedWithFailures', localMessageText: text }).parameters,
    ).toMatchObject({
      hierarchyName: 'A: B',
      successRowCount: '13',
      failedCount: '2',
    });
  });

  it('never throws and answers at once, whatever the words', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom(...Object.values(MESSAGE_CODES).map(({ template }) => template)),
      fc.constantFrom('__proto__', 'constructor', 'toString', '$&', '{user}'),
      fc
        .tuple(
          fc.constantFrom('Import into ', '(', ' identifier(s) (', '1,', ': '),
          fc.integer({ min: 1, max: 20_000 }),
        )
        .map(([part, times]) => part.repeat(times)),
    );
    fc.assert(
      fc.property(hostile, hostile, (type, localMessageText) => {
        const found = lookUpMessage({ type, localMessageText, values: { [localMessageText.slice(0, 50)]: type } });
        expect(found.text.length).toBeLessThanOrEqual(500);
        expect(typeof found.category).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});
