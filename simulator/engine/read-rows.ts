/** How a data source is written. Rows are 1-based; header row 0 means there is none. */
export interface TextFormat {
  encoding: 'UTF-8' | 'ISO-8859-1' | 'UTF-16LE';
  separator: string;
  /** text delimiter; empty: none */
  delimiter: string;
  headerRow: number;
  firstDataRow: number;
}

/** One record. `line` is where it begins in the file, 1-based. */
export type Row =
  | { line: number; fields: string[] }
  | { line: number; fields: string[]; problem: 'columnSeparatorExpected' | 'unmatchedTextDelimiter'; position: number };

const LONGEST_RECORD = 100_000;

/**
 * Splits a file into records while it streams by, a batch for each piece: memory is one piece and one record. It is written
 * here, rather than taken from a CSV library, because rejected rows name the line and character of a stray delimiter
 * (anaplan-notes: Message codes), and because files of hundreds of megabytes pass through it in tests. Empty lines are no records.
 */
export async function* readRows(pieces: AsyncIterable<Uint8Array>, format: TextFormat): AsyncGenerator<Row[]> {
  const decoder = new TextDecoder(format.encoding);
  const splitter = new RowSplitter(format);
  for await (const piece of pieces) yield splitter.push(decoder.decode(piece, { stream: true }));
  yield splitter.end(decoder.decode());
}

class RowSplitter {
  readonly #separator: string;
  readonly #delimiter: string;
  #rest = '';
  #line = 0;
  #open: { line: number; text: string } | undefined;

  constructor(format: TextFormat) {
    this.#separator = format.separator;
    this.#delimiter = format.delimiter;
  }

  push(piece: string): Row[] {
    const text = this.#rest + piece;
    const rows: Row[] = [];
    let from = 0;
    for (let end = text.indexOf('\n', from); end >= 0; end = text.indexOf('\n', from)) {
      const cut = end > from && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
      this.#take(text.slice(from, cut), rows);
      from = end + 1;
    }
    this.#rest = text.slice(from);
    return rows;
  }

  end(piece: string): Row[] {
    const rows = this.push(`${piece}\n`);
    if (this.#open) rows.push(finish(splitQuoted(this.#open.text, this.#separator, this.#delimiter), this.#open.line));
    return rows;
  }

  #take(text: string, rows: Row[]): void {
    this.#line += 1;
    if (!this.#open && (this.#delimiter === '' || !text.includes(this.#delimiter))) {
      if (text !== '') rows.push({ line: this.#line, fields: text.split(this.#separator) });
      return;
    }
    const record = this.#open
      ? { line: this.#open.line, text: `${this.#open.text}\n${text}` }
      : { line: this.#line, text };
    const split = splitQuoted(record.text, this.#separator, this.#delimiter);
    if (split.problem === 'unmatchedTextDelimiter' && record.text.length < LONGEST_RECORD) {
      this.#open = record;
      return;
    }
    this.#open = undefined;
    rows.push(finish(split, record.line));
  }
}

function finish(row: Split, line: number): Row {
  return row.problem
    ? { line, fields: row.fields, problem: row.problem, position: row.position }
    : { line, fields: row.fields };
}

interface Split {
  fields: string[];
  problem?: 'columnSeparatorExpected' | 'unmatchedTextDelimiter';
  /** 1-based character of the problem */
  position: number;
}

function splitQuoted(text: string, separator: string, delimiter: string): Split {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (!text.startsWith(delimiter, at)) {
      const end = text.indexOf(separator, at);
      fields.push(end < 0 ? text.slice(at) : text.slice(at, end));
      if (end < 0) return { fields, position: 0 };
      at = end + separator.length;
      continue;
    }
    const opening = at;
    let value = '';
    at += 1;
    for (;;) {
      const close = text.indexOf(delimiter, at);
      if (close < 0) {
        return {
          fields: [...fields, value + text.slice(at)],
          problem: 'unmatchedTextDelimiter',
          position: opening + 1,
        };
      }
      value += text.slice(at, close);
      at = close + 1;
      if (!text.startsWith(delimiter, at)) break;
      value += delimiter;
      at += 1;
    }
    fields.push(value);
    if (at === text.length) return { fields, position: 0 };
    if (!text.startsWith(separator, at)) {
      return { fields: [...fields, text.slice(at)], problem: 'columnSeparatorExpected', position: at + 1 };
    }
    at += separator.length;
  }
}
