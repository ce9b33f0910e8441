/** One row of a dump. Fields are decoded when asked for: most of a dump's millions of fields never are. Valid only in the callback. */
export interface DumpRow {
  width: number;
  /** the field's text, quotes taken off and doubled ones made one; empty beyond the row */
  field(index: number): string;
}

/** Longest row in bytes: what is longer is no dump. */
const MAX_ROW_BYTES = 1_000_000;
const MAX_FIELDS = 10_000;
/** Bytes gathered before they are cut into rows, so that tiny reads do not make a long row be looked at again and again. */
const BATCH_BYTES = 64 * 1024;

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Reads the rows of a dump as they come, in memory that does not grow with it, and hands each to `onRow`. Quotes and
 * separators are found in the bytes themselves, because a CSV library that makes a string of every field takes ten times
 * as long over a dump of gigabytes. Blank lines are no rows.
 *
 * @returns why reading stopped early, or undefined when all of it was read. Only errors of `bytes` itself are thrown.
 */
export async function readDumpRows(
  bytes: AsyncIterable<Uint8Array>,
  onRow: (row: DumpRow) => void,
): Promise<string | undefined> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  let cutter: RowCutter | undefined;
  let toUtf8: ((chunk: Uint8Array, last: boolean) => Uint8Array) | undefined;

  const cut = (last: boolean): string | undefined => {
    let batch: Uint8Array = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
    waiting = [];
    size = 0;
    if (toUtf8 === undefined) {
      toUtf8 = converterFor(batch);
      batch = toUtf8(batch, last);
      const kind = notADump(batch);
      if (kind !== undefined) return kind;
      cutter = createRowCutter(separatorOf(batch), onRow);
    } else {
      batch = toUtf8(batch, last);
    }
    return cutter?.cut(batch, last);
  };

  for await (const chunk of bytes) {
    waiting.push(chunk);
    size += chunk.length;
    const problem = size < BATCH_BYTES ? undefined : cut(false);
    if (problem !== undefined) return problem;
  }
  return cut(true);
}

/** Dumps are UTF-8; a mark that says UTF-16 is believed all the same. */
function converterFor(start: Uint8Array): (chunk: Uint8Array, last: boolean) => Uint8Array {
  if (!((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff))) return (chunk) => chunk;
  const decoder = new TextDecoder(start[0] === 0xff ? 'utf-16le' : 'utf-16be');
  return (chunk, last) => Buffer.from(decoder.decode(chunk, { stream: !last }));
}

function notADump(start: Uint8Array): string | undefined {
  const first = Buffer.from(start.subarray(0, 200))
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (first.startsWith('<')) return 'it is a web page or XML, not a list of rows';
  if (first.startsWith('{')) return 'it is JSON, not a list of rows';
  return undefined;
}

/** Dumps are separated by commas; older ones by tabs (anaplan-notes: Dumps). */
function separatorOf(start: Uint8Array): number {
  const text = Buffer.from(start.subarray(0, BATCH_BYTES)).toString('latin1');
  const [header = ''] = text.split(/[\r\n]/, 1);
  return header.split('\t').length > header.split(',').length ? 0x09 : 0x2c;
}

interface RowCutter {
  cut(batch: Uint8Array, last: boolean): string | undefined;
}

function createRowCutter(separator: number, onRow: (row: DumpRow) => void): RowCutter {
  // One piece of memory for all rows: a row that is not all here is moved to its front.
  const work = Buffer.allocUnsafe(MAX_ROW_BYTES + BATCH_BYTES);
  let carried = 0;
  let isFirst = true;
  const starts = new Int32Array(MAX_FIELDS);
  const ends = new Int32Array(MAX_FIELDS);
  let data = work.subarray(0, 0);
  let width = 0;

  const row: DumpRow = {
    get width() {
      return width;
    },
    field(index) {
      if (!(index >= 0 && index < width)) return '';
      const start = starts[index] ?? 0;
      const end = ends[index] ?? 0;
      if (data[start] !== QUOTE) return data.toString('utf8', start, end);
      // An unclosed quote has been refused before; text after a closing quote is kept as Anaplan wrote it.
      const closing = data[end - 1] === QUOTE && end - 1 > start ? end - 1 : end;
      return data.toString('utf8', start + 1, closing).replaceAll('""', '"');
    },
  };

  /** Finds the fields of the row at `from`. @returns where the next row begins, or -1 when the row is not all here. */
  function scan(from: number, last: boolean): number | 'open' {
    width = 0;
    let at = from;
    for (;;) {
      const start = at;
      if (data[at] === QUOTE) {
        const after = afterQuotes(at, last);
        if (after < 0) return last ? 'open' : -1;
        at = after;
      }
      while (at < data.length) {
        const byte = data[at];
        if (byte === separator || byte === LINE_FEED || byte === CARRIAGE_RETURN) break;
        at += 1;
      }
      if (at >= data.length && !last) return -1;
      if (width < MAX_FIELDS) {
        starts[width] = start;
        ends[width] = at;
        width += 1;
      }
      if (at >= data.length) return at;
      if (data[at] === separator) {
        at += 1;
        continue;
      }
      if (data[at] === CARRIAGE_RETURN) {
        if (at + 1 >= data.length && !last) return -1;
        if (data[at + 1] === LINE_FEED) at += 1;
      }
      return at + 1;
    }
  }

  /** Behind the closing quote of the field that opens at `from`; -1 when it is not here. */
  function afterQuotes(from: number, last: boolean): number {
    let at = from + 1;
    for (;;) {
      const quote = data.indexOf(QUOTE, at);
      if (quote < 0 || (quote + 1 >= data.length && !last)) return -1;
      if (data[quote + 1] !== QUOTE) return quote + 1;
      at = quote + 2;
    }
  }

  /** Cuts what is in `data` into rows and moves the rest to the front of `work`. */
  function cutRows(last: boolean): string | undefined {
    let from = 0;
    if (isFirst && data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf) from = 3;
    isFirst = false;
    while (from < data.length) {
      const next = scan(from, last);
      if (next === 'open') return 'it ends inside a quoted value, as if it were cut off';
      if ((next < 0 ? data.length : next) - from > MAX_ROW_BYTES) return 'a row of it is longer than any row of a dump';
      if (next < 0) break;
      const isBlank = width === 1 && ends[0] === starts[0];
      if (!isBlank) onRow(row);
      from = next;
    }
    carried = data.copy(work, 0, from);
    return undefined;
  }

  return {
    cut(batch, last) {
      let at = 0;
      do {
        const slice = batch.subarray(at, at + BATCH_BYTES);
        work.set(slice, carried);
        data = work.subarray(0, carried + slice.length);
        at += slice.length;
        const problem = cutRows(last && at >= batch.length);
        if (problem !== undefined) return problem;
      } while (at < batch.length);
      return undefined;
    },
  };
}
