import { CARRIAGE_RETURN, DELIMITER, LINE_FEED, ORDINARY, SEPARATOR } from './source-units.ts';

/** What is wrong with the records of a source file. Lines are 1-based and count every line of the file, also inside quotes. */
export type SourceProblem =
  | { kind: 'ragged-row'; line: number; columns: number; expected: number }
  | { kind: 'blank-row'; line: number }
  | { kind: 'text-after-quote'; line: number }
  | { kind: 'unbalanced-quote'; line: number }
  | { kind: 'zero-byte'; line: number }
  | { kind: 'bare-return'; line: number }
  | { kind: 'invalid-text'; line: number; byte: number }
  /** UTF-8 from end to end where `expected` was told; at its first letter that shows it */
  | { kind: 'other-encoding'; line: number; byte: number; expected: string };

/** How many of each kind are kept with their line; all are counted. */
export const KEPT_PROBLEMS = 5;

const FIELD_START = 0;
const UNQUOTED = 1;
/** `RecordState.at` inside a quoted value. */
export const QUOTED = 2;
const AFTER_QUOTE = 3;

/** The counter between two units: plain data, so that a scan can be stored and taken up again. */
export interface RecordState {
  at: number;
  /** separators seen in the record so far */
  separators: number;
  afterCarriageReturn: boolean;
  /** line of the next unit, of the record's first unit, of the quote that opened last */
  line: number;
  recordLine: number;
  quoteLine: number;
  headerSeen: boolean;
  /** data records ended so far; a blank line is none */
  rows: number;
  /** blank lines since the last row, and the first of them; they are a problem only when another row follows */
  pendingBlanks: number;
  pendingBlankLine: number;
  blankRows: number;
  /** columns of the header, or of the first data row where there is no header */
  expected: number | null;
  raggedRows: number;
  textAfterQuotes: number;
  problems: SourceProblem[];
}

export const START: Readonly<RecordState> = {
  at: FIELD_START,
  separators: 0,
  afterCarriageReturn: false,
  line: 1,
  recordLine: 1,
  quoteLine: 0,
  headerSeen: false,
  rows: 0,
  pendingBlanks: 0,
  pendingBlankLine: 0,
  blankRows: 0,
  expected: null,
  raggedRows: 0,
  textAfterQuotes: 0,
  problems: [],
};

export interface RecordLayout {
  meaning: Uint8Array;
  separated: boolean;
  /** 0 for none */
  headerRow: number;
  firstDataRow: number;
}

/**
 * Counts records in `units`, advancing `state` in place. Records, not lines: a line break inside a quoted field belongs
 * to the field. A quote opens only at the start of a field and a doubled one stands for itself, as Anaplan reads files
 * (anaplan-notes: Message codes, `columnSeparatorExpected` and `unmatchedTextDelimiter`).
 */
export function countRecords(state: RecordState, units: Uint8Array, layout: RecordLayout): void {
  const known = state.problems.some(({ kind }) => kind === 'zero-byte');
  const zero = known ? -1 : units.indexOf(0);
  if (zero >= 0) {
    count(state, units.subarray(0, zero), layout);
    keep(state, { kind: 'zero-byte', line: state.line });
  }
  count(state, units.subarray(Math.max(0, zero)), layout);
}

function count(state: RecordState, units: Uint8Array, layout: RecordLayout): void {
  const { meaning } = layout;
  const length = units.length;
  // Locals, because this loop sees every byte of every file.
  let at = state.at;
  let separators = state.separators;
  let line = state.line;
  let afterCarriageReturn = state.afterCarriageReturn;

  let i = 0;
  while (i < length) {
    const kind = meaning[units[i] as number];
    i += 1;
    // A carriage return ends a line here as everywhere; whether Anaplan agrees when no line feed follows is not known.
    if (afterCarriageReturn && at === FIELD_START && kind !== LINE_FEED && kind !== CARRIAGE_RETURN)
      keep(state, { kind: 'bare-return', line: line - 1 });
    if (kind === ORDINARY) {
      afterCarriageReturn = false;
      if (at === FIELD_START) at = UNQUOTED;
      else if (at === AFTER_QUOTE) {
        note(state, 'text-after-quote', line);
        at = UNQUOTED;
      }
      while (i < length && meaning[units[i] as number] === ORDINARY) i += 1;
      continue;
    }
    if (kind === SEPARATOR) {
      afterCarriageReturn = false;
      if (at !== QUOTED) {
        separators += 1;
        at = FIELD_START;
      }
      continue;
    }
    if (kind === DELIMITER) {
      afterCarriageReturn = false;
      if (at === FIELD_START) {
        at = QUOTED;
        state.quoteLine = line;
      } else if (at === QUOTED) at = AFTER_QUOTE;
      else if (at === AFTER_QUOTE) at = QUOTED;
      continue;
    }
    // The second half of a CRLF was dealt with as one line end.
    if (kind === LINE_FEED && afterCarriageReturn) {
      afterCarriageReturn = false;
      continue;
    }
    afterCarriageReturn = kind === CARRIAGE_RETURN;
    line += 1;
    if (at === QUOTED) continue;
    endRecord(state, layout, at === FIELD_START && separators === 0, separators + 1);
    at = FIELD_START;
    separators = 0;
    state.recordLine = line;
  }

  state.at = at;
  state.separators = separators;
  state.line = line;
  state.afterCarriageReturn = afterCarriageReturn;
}

/** The state as it is when the file ends here: a last record without a line end is a record, blank lines at the end are none. */
export function ended(state: Readonly<RecordState>, layout: RecordLayout): RecordState {
  const final = { ...state, problems: [...state.problems] };
  if (final.at === QUOTED) note(final, 'unbalanced-quote', final.quoteLine);
  if (final.at !== FIELD_START || final.separators > 0) endRecord(final, layout, false, final.separators + 1);
  return final;
}

function endRecord(state: RecordState, layout: RecordLayout, blank: boolean, columns: number): void {
  if (blank) {
    if (state.pendingBlanks === 0) state.pendingBlankLine = state.recordLine;
    state.pendingBlanks += 1;
    return;
  }
  if (!state.headerSeen && layout.headerRow > 0) {
    // Header and first data row are told as rows of the file, so lines above them may be anything.
    if (state.recordLine >= layout.headerRow) {
      state.headerSeen = true;
      if (layout.separated) state.expected ??= columns;
    }
    state.pendingBlanks = 0;
    return;
  }
  if (state.recordLine < layout.firstDataRow) {
    state.pendingBlanks = 0;
    return;
  }
  if (state.pendingBlanks > 0 && state.rows > 0) {
    state.blankRows += state.pendingBlanks;
    keep(state, { kind: 'blank-row', line: state.pendingBlankLine });
  }
  state.pendingBlanks = 0;
  state.rows += 1;
  if (!layout.separated) return;
  state.expected ??= columns;
  if (columns === state.expected) return;
  state.raggedRows += 1;
  keep(state, { kind: 'ragged-row', line: state.recordLine, columns, expected: state.expected });
}

function note(state: RecordState, kind: 'text-after-quote' | 'unbalanced-quote', line: number): void {
  if (kind === 'text-after-quote') state.textAfterQuotes += 1;
  keep(state, { kind, line });
}

function keep(state: RecordState, problem: SourceProblem): void {
  if (state.problems.filter(({ kind }) => kind === problem.kind).length < KEPT_PROBLEMS) state.problems.push(problem);
}
