import type { ImportSource } from '../anaplan/types.ts';
import { compareColumns, compareFirstColumns } from './check-columns.ts';
import { checkScan, inExpectedEncoding, OTHER_ENCODING, WITH_MENDED_FILE } from './check-scan.ts';
import type { Diagnosis } from './diagnosis.ts';
import { countRecords, ended, QUOTED, type RecordState, START } from './record-counter.ts';
import { layoutOf } from './source-scan.ts';
import {
  type Encoding,
  expectedEncoding,
  formatOf,
  otherKindOfFile,
  pageOf,
  recordAt,
  seenEncoding,
} from './source-text.ts';
import { byteOrderMark, unitsOf } from './source-units.ts';
import { countOf } from './words.ts';

export interface CheckOptions {
  /** whether `firstBytes` are the whole file */
  whole: boolean;
  /** how the file is called in messages */
  file?: string;
}

const SEPARATORS: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
};

/**
 * Holds the start of a file (64 KB are plenty) against the import's own definition, in the order in which one mistake
 * hides the next: empty, encoding, separator, columns, first rows. Pure; never throws.
 *
 * A UTF-8 mark is no fault where UTF-8 is expected. Names of columns are compared without capitals and outer blanks, and
 * as far as their encoding can be read here (`CodePage.tells`).
 */
export function checkHeader(
  firstBytes: Uint8Array,
  definition: ImportSource,
  options: CheckOptions,
): Diagnosis | undefined {
  const file = options.file ?? 'The file';
  return (
    checkEmpty(firstBytes, file, options) ??
    checkEncoding(firstBytes, definition, file) ??
    checkZeroes(firstBytes, definition, file) ??
    checkColumns(firstBytes, definition, file, options) ??
    checkRows(firstBytes, definition, file, options)
  );
}

function checkEmpty(bytes: Uint8Array, file: string, { whole }: CheckOptions): Diagnosis | undefined {
  const start = byteOrderMark(bytes)?.bytes ?? 0;
  if (!whole || bytes.subarray(start).some((byte) => byte > 0x20)) return undefined;
  return refusal('source-file', file, {
    cause: 'The file is empty: its export was probably cut off before it wrote anything.',
    found: 'it holds nothing',
    check: 'Look at the job that writes this file.',
  });
}

function checkEncoding(bytes: Uint8Array, definition: ImportSource, file: string): Diagnosis | undefined {
  const kind = otherKindOfFile(bytes);
  if (kind !== undefined) {
    return refusal('source-file', file, {
      cause: 'The import reads plain text with separated columns.',
      found: `it is ${kind}`,
      check: 'Have the data written as plain CSV, not compressed and not as a workbook.',
    });
  }
  const { textEncoding } = definition;
  const expected = expectedEncoding(textEncoding);
  const seen = seenEncoding(bytes, textEncoding);
  if (expected === undefined || seen === undefined || seen === expected) {
    // Text without a single zero byte is no UTF-16, whatever language it is in.
    if (!expected?.startsWith('UTF-16') || seen !== undefined || bytes.includes(0)) return undefined;
  }
  return refusal('source-file', file, {
    cause: OTHER_ENCODING,
    found: `the import expects ${textEncoding}, and the file is ${nameOf(seen)}`,
    check: inExpectedEncoding(textEncoding),
  });
}

function checkZeroes(bytes: Uint8Array, definition: ImportSource, file: string): Diagnosis | undefined {
  const zero = readAs(bytes, definition)?.startsWith('UTF-16') ? -1 : bytes.indexOf(0);
  if (zero < 0) return undefined;
  const line = 1 + bytes.subarray(0, zero).filter((byte) => byte === 0x0a).length;
  return checkScan({ ...NOTHING_SCANNED, problems: [{ kind: 'zero-byte', line }] }, file);
}

/** The encoding in which a file is read that fits its import so far. */
function readAs(bytes: Uint8Array, { textEncoding }: ImportSource): Encoding | undefined {
  return seenEncoding(bytes, textEncoding) ?? expectedEncoding(textEncoding);
}

const NOTHING_SCANNED = { bytes: 0, rows: 0, blankRows: 0, raggedRows: 0, sha256: '' };

function nameOf(encoding: Encoding | undefined): string {
  if (encoding === 'one byte per character') return 'not (more likely ISO-8859-1 or Windows-1252)';
  return encoding ?? 'plain text of one byte per character';
}

/** How many columns an import reads; undefined when it does not say. */
export function widthOf({ headerNames, headerRow = 1, columnCount }: ImportSource): number | undefined {
  const isNamed = headerNames.length > 0 && headerRow >= 1;
  return (isNamed ? headerNames.length : (columnCount ?? headerNames.length)) || undefined;
}

function checkColumns(
  bytes: Uint8Array,
  definition: ImportSource,
  file: string,
  { whole }: CheckOptions,
): Diagnosis | undefined {
  const { headerNames } = definition;
  const page = pageOf(readAs(bytes, definition), definition.textEncoding);
  const text = page.decode(bytes).replace(/^\ufeff/, '');
  const delimiter = definition.textDelimiter ?? '"';
  const headerRow = definition.headerRow ?? 1;
  const isNamed = headerNames.length > 0 && headerRow >= 1;
  const row = isNamed ? headerRow : Math.max(1, definition.firstDataRow ?? 1);
  const width = widthOf(definition);
  if (width === undefined) return undefined;
  const separator = definition.columnSeparator || undefined;
  const read = (separators: string) => recordAt(text, row, separators, delimiter);

  const found = read(separator ?? likeliest(read, width));
  if (found === undefined) return undefined;
  const isWhole = found.complete || whole;
  if (separator !== undefined && found.fields.length < width) {
    const other = Object.keys(SEPARATORS).find(
      (candidate) => !separator.includes(candidate) && (read(candidate)?.fields.length ?? 0) > found.fields.length,
    );
    if (other !== undefined && (read(other)?.fields.length === width || found.fields.length === 1)) {
      return refusal('mapping', file, {
        cause: 'The columns of the file are separated by another character than the import expects.',
        found: `the import expects ${inWords(separator)}, and the file uses ${inWords(other)}`,
        check: `Have the file written with ${inWords(separator)}, or change the separator of the data source in Anaplan.`,
      });
    }
  }
  // The last value of a row that goes on after these bytes may be a part of one.
  const settled = isWhole ? found.fields : found.fields.slice(0, -1);
  if (!isNamed) {
    if (found.fields.length === width || (!isWhole && settled.length < width)) return undefined;
    return refusal('mapping', file, {
      cause: 'The import goes by the place of the columns, and the file has another number of them.',
      found: `the import reads ${countOf(width, 'column')}, and row ${row} of the file has ${isWhole ? '' : 'at least '}${found.fields.length}`,
      check: 'Have the file written with the columns of the import, or map the import anew in Anaplan.',
    });
  }
  const differ = isWhole
    ? compareColumns(headerNames, found.fields, page)
    : compareFirstColumns(headerNames, settled, found.inQuotes ? '' : (found.fields.at(-1) ?? ''), page);
  if (differ === undefined) return undefined;
  return refusal('mapping', file, {
    cause: differ.cause,
    found: 'its columns are not those of the import',
    more: differ.sideBySide,
    check: differ.check,
  });
}

/** The usual separator that gives the number of columns expected, where the import does not name one. */
function likeliest(read: (separators: string) => { fields: readonly unknown[] } | undefined, width: number): string {
  return Object.keys(SEPARATORS).find((candidate) => read(candidate)?.fields.length === width) ?? ',';
}

function inWords(separators: string): string {
  return [...separators].map((separator) => SEPARATORS[separator] ?? `"${separator}"`).join(' or ');
}

function checkRows(
  bytes: Uint8Array,
  definition: ImportSource,
  file: string,
  { whole }: CheckOptions,
): Diagnosis | undefined {
  const format = formatOf(definition);
  const mark = byteOrderMark(bytes);
  const units = unitsOf(format, mark?.mark);
  const layout = layoutOf(format, units);
  const state: RecordState = { ...START, problems: [] };
  countRecords(state, units.read(bytes.subarray(mark?.bytes ?? 0)).units, layout);
  // Where the file goes on, a record at the end of these bytes is not the whole record.
  const seen = whole ? ended(state, layout) : state;
  return checkScan(
    {
      bytes: bytes.length,
      rows: whole ? seen.rows : Math.max(1, seen.rows),
      blankRows: seen.blankRows,
      raggedRows: seen.raggedRows,
      sha256: '',
      problems: seen.problems,
    },
    file,
  );
}

/**
 * Looks at the end of a file (64 KB are plenty) for a last row that was cut off: a quote still open, or too few columns
 * and no line end. The bytes begin anywhere, so both readings of their start are tried, outside and inside a quoted
 * value, and the one that makes better rows is believed; where neither does, nothing is said. Pure; never throws.
 */
export function checkTail(
  lastBytes: Uint8Array,
  definition: ImportSource,
  options: { file?: string } = {},
): Diagnosis | undefined {
  const width = definition.headerNames.length || (definition.columnCount ?? 0);
  const wide = expectedEncoding(definition.textEncoding)?.startsWith('UTF-16') ?? false;
  const bytes = wide && lastBytes.length % 2 === 1 ? lastBytes.subarray(1) : lastBytes;
  const units = unitsOf(formatOf(definition), undefined);
  const { units: read } = units.read(bytes);
  if (read.includes(0)) {
    return refusal('source-file', options.file ?? 'The file', {
      cause:
        'Text never holds a zero byte: the file was most likely cut off or damaged while it was written or copied.',
      found: 'there are zero bytes near its end',
      check: 'Look at the end of the file, and have it written and copied again as a whole.',
    });
  }
  if (width < 1 || !units.separated) return undefined;
  const layout = { ...layoutOf({ headerRow: 0, firstDataRow: 1 }, units), headerRow: 0, firstDataRow: 1 };

  const lineEnd = read.indexOf(0x0a);
  const outside: RecordState = { ...START, problems: [], expected: width };
  countRecords(outside, read.subarray(lineEnd + 1), layout);
  // Inside, the first record is only the rest of one, so its width says nothing.
  const inside: RecordState = { ...START, problems: [], expected: width, at: QUOTED };
  countRecords(inside, read, layout);
  const faults = (state: RecordState) => state.raggedRows + state.textAfterQuotes;
  const believed = faults(inside) - 1 < faults(outside) && inside.rows > 0 && faults(outside) > 0 ? inside : outside;
  const tolerated = believed === inside ? 1 : 0;
  if (lineEnd < 0 || faults(believed) > tolerated || believed.rows - tolerated < 1) return undefined;

  // Both readings make sense, and only one of them finds an open quote: the scan of the whole file will know.
  if (believed === outside && outside.at === QUOTED && inside.at !== QUOTED && faults(inside) <= 1) return undefined;

  const final = ended(believed, layout);
  const file = options.file ?? 'The file';
  if (final.problems.some(({ kind }) => kind === 'unbalanced-quote')) {
    return refusal('source-file', file, {
      cause: 'The file ends inside a quoted value: it was most likely cut off while it was written or copied.',
      found: 'its last row is not complete, a quote is still open',
      check: 'Look at the end of the file, and have it written and copied again as a whole.',
    });
  }
  if (final.rows > believed.rows && believed.separators + 1 < width) {
    return refusal('source-file', file, {
      cause: 'The file ends in the middle of a row: it was most likely cut off while it was written or copied.',
      found: `its last row has ${countOf(believed.separators + 1, 'column')} where ${width} are expected, and no line end`,
      check: 'Look at the end of the file, and have it written and copied again as a whole.',
    });
  }
  return undefined;
}

function refusal(
  category: 'source-file' | 'mapping',
  file: string,
  words: { cause: string; found: string; more?: string; check: string },
): Diagnosis {
  return {
    category,
    cause: words.cause,
    message: `${file} does not fit its import: ${words.found}.${words.more === undefined ? '' : `\n${words.more}`}`,
    whatToCheck: [words.check, WITH_MENDED_FILE],
    retry: { kind: 'no' },
    references: {},
  };
}
