import { isUtf8 } from 'node:buffer';
import { createSHA256 } from 'hash-wasm';
import {
  countRecords,
  ended,
  type RecordLayout,
  type RecordState,
  type SourceProblem,
  START,
} from './record-counter.ts';
import { expectedEncoding, placeOfUtf8 } from './source-text.ts';
import { byteOrderMark, cutCharacter, type SourceFormat, type Units, unitsOf } from './source-units.ts';

export type { SourceProblem } from './record-counter.ts';
export type { SourceFormat } from './source-units.ts';

/** A scan put aside: plain JSON, to be stored with the run and given back to `createSourceScan`. */
export interface SavedScan {
  v: 1;
  bytes: number;
  /** the hash's inner state, base64 */
  sha256: string;
  /** bytes not yet read as characters: the start of the file, or a character cut in two; base64 */
  held: string;
  mark: 'utf-8' | 'utf-16le' | 'utf-16be' | 'none' | null;
  records: RecordState;
  /** the UTF-8 check: bytes of a character cut in two (base64), the first place that shows UTF-8, and the first that is none */
  text: { cut: string; shown: Place | null; invalid: Place | null };
}

/** `line` is 1-based, `byte` 0-based. */
interface Place {
  line: number;
  byte: number;
}

export interface SourceScanResult {
  bytes: number;
  /** data records: no header, no blank lines; a quoted line break does not end one */
  rows: number;
  /** blank lines between data rows; not counted in `rows` */
  blankRows: number;
  /** columns of the header, where the separator is known */
  columns?: number;
  raggedRows: number;
  /** lower-case hex of all bytes */
  sha256: string;
  /** the first few of each kind, in the order of the file */
  problems: readonly SourceProblem[];
}

/** A sequential scan: every byte of the file exactly once, in order. */
export interface SourceScan {
  update(chunk: Uint8Array): void;
  save(): SavedScan;
  /** What the bytes so far amount to, were they the whole file. The scan can go on afterwards. */
  result(): SourceScanResult;
}

/**
 * Starts a scan of a source file's bytes, or takes up a saved one. However the bytes are cut into chunks, and wherever
 * the scan is saved and taken up, the result is the same. Memory does not grow with the file.
 *
 * Without a separator no columns are counted; the delimiter is `"` unless told; without rows told, row 1 is the header.
 * A byte order mark says more about the encoding than the format does. Bytes that are no UTF-8 are a problem only where
 * the format says UTF-8. A text beyond ASCII that is UTF-8 from end to end is one only where it says neither UTF-8 nor UTF-16.
 *
 * @throws when `saved` was written by an incompatible version: then the file has to be scanned from its start.
 */
export async function createSourceScan(format: SourceFormat, saved?: SavedScan): Promise<SourceScan> {
  const hash = await createSHA256();
  hash.init();
  if (saved !== undefined) {
    if (saved.v !== 1) throw new Error('The saved scan was written by another version; scan the file from its start.');
    hash.load(Buffer.from(saved.sha256, 'base64'));
  }
  let bytes = saved?.bytes ?? 0;
  let held: Uint8Array = Buffer.from(saved?.held ?? '', 'base64');
  let mark = saved?.mark ?? null;
  const state: RecordState = saved ? structuredClone(saved.records) : { ...START, problems: [] };
  const expected = expectedEncoding(format.encoding);
  const isRead = expected === 'UTF-8' || expected === 'one byte per character';
  let cut: Uint8Array = Buffer.from(saved?.text.cut ?? '', 'base64');
  let shown = saved?.text.shown ?? null;
  let invalid = saved?.text.invalid ?? null;
  let units: Units | undefined = mark === null ? undefined : unitsOf(format, mark === 'none' ? undefined : mark);

  function read(chunk: Uint8Array): void {
    let input = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (units === undefined) {
      // The first three bytes tell a byte order mark; until they are here nothing can be read.
      if (input.length < 3) {
        held = Uint8Array.from(input);
        return;
      }
      const found = byteOrderMark(input);
      mark = found?.mark ?? 'none';
      units = unitsOf(format, found?.mark);
      input = input.subarray(found?.bytes ?? 0);
    }
    const { units: readable, rest } = units.read(input);
    held = rest;
    countRecords(state, readable, layoutOf(format, units));
  }

  function check(chunk: Uint8Array): void {
    const text = cut.length === 0 ? chunk : Buffer.concat([cut, chunk]);
    const valid = validLength(text);
    const placeOf = (index: number): Place => {
      const before = Buffer.concat([held, chunk.subarray(0, Math.max(0, index - cut.length))]);
      return { line: whole(format, state, before, units).state.line, byte: bytes - cut.length + index };
    };
    if (shown === null && expected !== 'UTF-8') {
      const index = placeOfUtf8(text.subarray(0, valid), format.encoding);
      if (index >= 0) shown = placeOf(index);
    }
    if (valid === text.length) {
      cut = NOTHING;
    } else if (valid + cutCharacter(text) === text.length) {
      cut = Uint8Array.from(text.subarray(valid));
    } else {
      invalid = placeOf(valid);
    }
  }

  function textProblem(lastLine: number): SourceProblem | undefined {
    if (expected === 'UTF-8') {
      const place = invalid ?? (cut.length > 0 ? { line: lastLine, byte: bytes - cut.length } : null);
      return place === null ? undefined : { kind: 'invalid-text', ...place };
    }
    if (shown === null || invalid !== null) return undefined;
    return { kind: 'other-encoding', ...shown, expected: format.encoding ?? '' };
  }

  return {
    update(chunk) {
      hash.update(chunk);
      if (isRead && invalid === null) check(chunk);
      bytes += chunk.length;
      read(chunk);
    },
    save() {
      return {
        v: 1,
        bytes,
        sha256: Buffer.from(hash.save()).toString('base64'),
        held: Buffer.from(held).toString('base64'),
        mark,
        records: structuredClone(state),
        text: { cut: Buffer.from(cut).toString('base64'), shown, invalid },
      };
    },
    result() {
      const inner = hash.save();
      const sha256 = hash.digest();
      hash.load(inner);
      const { state: final } = whole(format, state, held, units);
      const wrong = textProblem(final.line);
      return {
        bytes,
        rows: final.rows,
        blankRows: final.blankRows,
        ...(final.expected === null ? {} : { columns: final.expected }),
        raggedRows: final.raggedRows,
        sha256,
        problems: wrong === undefined ? final.problems : [...final.problems, wrong],
      };
    },
  };
}

const NOTHING = new Uint8Array(0);

/** How many bytes from the start of `text` are whole UTF-8 characters; found by halving, because a file is asked once. */
function validLength(text: Uint8Array): number {
  const end = text.length - cutCharacter(text);
  if (isUtf8(text.subarray(0, end))) return end;
  let valid = 0;
  let wrong = end;
  while (wrong - valid > 1) {
    const middle = (valid + wrong) >> 1;
    const prefix = text.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - cutCharacter(prefix)))) valid = middle;
    else wrong = middle;
  }
  return valid - cutCharacter(text.subarray(0, valid));
}

/** The records, were the file to end here: what is held back is read as it is, on a copy. */
function whole(format: SourceFormat, state: RecordState, held: Uint8Array, known: Units | undefined) {
  const copy = structuredClone(state);
  const found = known === undefined ? byteOrderMark(held) : undefined;
  const units = known ?? unitsOf(format, found?.mark);
  const layout = layoutOf(format, units);
  const { units: readable, rest } = units.read(held.subarray(found?.bytes ?? 0));
  countRecords(copy, readable, layout);
  // Half a character at the very end is still something after the last line end.
  if (rest.length > 0) countRecords(copy, Uint8Array.of(0x80), layout);
  return { state: ended(copy, layout) };
}

/** The rows and units of a format, with what stands for rows that are not told: row 1 is the header. */
export function layoutOf(format: SourceFormat, units: Units): RecordLayout {
  const headerRow = rowOf(format.headerRow ?? ((format.firstDataRow ?? 2) > 1 ? 1 : 0), 0);
  return {
    meaning: units.meaning,
    separated: units.separated,
    headerRow,
    firstDataRow: rowOf(format.firstDataRow ?? headerRow + 1, headerRow + 1),
  };
}

function rowOf(row: number, least: number): number {
  return Number.isSafeInteger(row) && row > least ? row : least;
}
