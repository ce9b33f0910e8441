import { countRecords, QUOTED, type RecordLayout, type RecordState, START } from './record-counter.ts';
import { layoutOf } from './source-scan.ts';
import {
  byteOrderMark,
  CARRIAGE_RETURN,
  DELIMITER,
  LINE_FEED,
  type SourceFormat,
  type Units,
  unitsOf,
} from './source-units.ts';

/** What went into a repair file. */
export interface Repaired {
  /** rejected rows that were found in the source and written */
  rows: number;
}

/**
 * The file to mend and drop again: the source's own beginning (byte order mark, header, whatever stands above the first data
 * row) and of its rows only those that begin on a line of `rejected`, byte for byte and in their order. Streamed: memory does
 * not grow with the source, not even with a row of it.
 *
 * Rows are cut as the scan of the source cuts them, so a line break inside quotes belongs to its row. When `onEnd` is told
 * fewer rows than `rejected` holds, the dump counts lines in another way, and the file must not be handed out.
 */
export async function* repairFile(
  source: AsyncIterable<Uint8Array>,
  rejected: { has(line: number): boolean },
  format: SourceFormat,
  onEnd: (repaired: Repaired) => void = () => {},
): AsyncGenerator<Uint8Array> {
  let picker: Picker | undefined;
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of source) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    held = bytes;
    // The first three bytes tell a byte order mark; until they are here nothing can be read.
    if (picker === undefined && bytes.length < 3) continue;
    picker ??= new Picker(bytes, rejected, format);
    const pieces = picker.take(bytes, false);
    held = bytes.slice(pieces.read);
    yield* pieces.wanted;
  }
  picker ??= new Picker(held, rejected, format);
  yield* picker.take(held, true).wanted;
  onEnd({ rows: picker.rows });
}

/** Walks over the bytes line by line and picks the parts that are wanted. */
class Picker {
  rows = 0;
  readonly #rejected: { has(line: number): boolean };
  readonly #units: Units;
  readonly #layout: RecordLayout;
  /** bytes of one unit; 1 also for UTF-8, whose line ends and usual delimiters are single bytes */
  readonly #width: 1 | 2;
  readonly #low: 0 | 1;
  readonly #quotes: boolean;
  readonly #state: RecordState = { ...START, problems: [] };
  #markBytes: number;
  #line = 1;
  #atLineStart = true;
  #headerSeen: boolean;
  /** whether the record that goes on is wanted; undefined between records */
  #wanted: boolean | undefined;

  constructor(first: Uint8Array, rejected: { has(line: number): boolean }, format: SourceFormat) {
    const mark = byteOrderMark(first);
    this.#rejected = rejected;
    this.#units = unitsOf(format, mark?.mark);
    this.#layout = layoutOf(format, this.#units);
    const encoding = mark?.mark ?? (format.encoding ?? '').toLowerCase().replaceAll('_', '-');
    this.#width = encoding.startsWith('utf-16') ? 2 : 1;
    this.#low = encoding === 'utf-16be' ? 1 : 0;
    this.#quotes = this.#layout.meaning.includes(DELIMITER);
    this.#markBytes = mark?.bytes ?? 0;
    this.#headerSeen = this.#layout.headerRow === 0;
  }

  /** @returns the wanted parts, and how many bytes were read; the rest has to come again with what follows it */
  take(bytes: Uint8Array, last: boolean): { wanted: Uint8Array[]; read: number } {
    const wanted: Uint8Array[] = [];
    let from = 0;
    let at = this.#markBytes;
    if (at > 0) {
      wanted.push(bytes.subarray(0, at));
      this.#markBytes = 0;
      from = at;
    }
    /** What is wanted side by side goes out in one piece. */
    let open = false;
    const close = (end: number) => {
      if (open && end > from) wanted.push(bytes.subarray(from, end));
      open = false;
    };
    while (at < bytes.length) {
      const { end, isLine } = this.#segment(bytes, at, last);
      if (end === at) break;
      this.#wanted ??= this.#wants(isLine && end - at <= 2 * this.#width && this.#isLineEnd(bytes, at));
      if (this.#wanted && !open) {
        from = at;
        open = true;
      } else if (!this.#wanted) close(at);
      this.#follow(bytes.subarray(at, end), isLine);
      at = end;
    }
    close(at);
    return { wanted, read: at };
  }

  /** Whether the record that begins here is wanted. Blank lines among the rows are no rows. */
  #wants(isBlank: boolean): boolean {
    const { headerRow, firstDataRow } = this.#layout;
    if (!this.#headerSeen) {
      if (!isBlank && this.#line >= headerRow) this.#headerSeen = true;
      return true;
    }
    if (this.#line < firstDataRow) return true;
    const wanted = !isBlank && this.#rejected.has(this.#line);
    if (wanted) this.rows += 1;
    return wanted;
  }

  /** The line from `from` on with its end, or as much of it as is here; nothing while that cannot be told. */
  #segment(bytes: Uint8Array, from: number, last: boolean): { end: number; isLine: boolean } {
    const width = this.#width;
    for (let at = from; at + width <= bytes.length; at += width) {
      const kind = this.#endKind(bytes, at);
      if (kind === LINE_FEED) return { end: at + width, isLine: true };
      if (kind !== CARRIAGE_RETURN) continue;
      const next = at + width;
      if (next + width > bytes.length && !last) return { end: at, isLine: false };
      return { end: this.#endKind(bytes, next) === LINE_FEED ? next + width : next, isLine: true };
    }
    if (last) return { end: bytes.length, isLine: false };
    const { rest } = this.#units.read(bytes.subarray(from));
    return { end: bytes.length - rest.length, isLine: false };
  }

  #endKind(bytes: Uint8Array, at: number): number | undefined {
    const low = bytes[at + this.#low];
    if (low !== 0x0a && low !== 0x0d) return undefined;
    if (this.#width === 2 && bytes[at + 1 - this.#low] !== 0) return undefined;
    return low === 0x0a ? LINE_FEED : CARRIAGE_RETURN;
  }

  #isLineEnd(bytes: Uint8Array, at: number): boolean {
    return this.#endKind(bytes, at) !== undefined;
  }

  /** Keeps track of quotes, and of where lines and records end. */
  #follow(segment: Uint8Array, isLine: boolean): void {
    const whole = isLine && this.#atLineStart && this.#state.at !== QUOTED;
    const { units } = this.#quotes ? this.#units.read(segment) : { units: NOTHING };
    // A whole line without a delimiter is a record, and most lines are.
    const plain = whole && !this.#hasDelimiter(units);
    if (!plain) countRecords(this.#state, units, this.#layout);
    this.#atLineStart = isLine;
    if (!isLine) return;
    this.#line += 1;
    if (this.#state.at !== QUOTED) this.#wanted = undefined;
  }

  #hasDelimiter(units: Uint8Array): boolean {
    const { meaning } = this.#layout;
    for (let index = 0; index < units.length; index += 1) {
      if (meaning[units[index] as number] === DELIMITER) return true;
    }
    return false;
  }
}

const NOTHING = new Uint8Array(0);
