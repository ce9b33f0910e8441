import type { Spool, Spooled } from './spool.ts';

/** Stands at the end of a spooled row until the number of error columns is known: a private-use character plus the row's error count. */
const MARK = 0xe000;
const FLUSH_AT = 256 * 1024;

/** One row of a failure dump. `E`: rejected; `W`: loaded, with a warning. */
export interface DumpRow {
  status: 'E' | 'W';
  /** the source fields as read */
  fields: readonly string[];
  line: number;
  errors: readonly string[];
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/**
 * Writes `_Status_`, the source columns, `_Line_`, `_Error_1_`, … with as many error columns as the worst row needs
 * (anaplan-notes: Dumps). UTF-8, `\n`, every field quoted.
 */
export class DumpWriter {
  readonly #spool: Spool;
  readonly #headers: readonly string[];
  #writer: ReturnType<Spool['writer']> | undefined;
  #pending: string[] = [];
  #pendingLength = 0;
  #mostErrors = 0;

  constructor(spool: Spool, headers: readonly string[]) {
    this.#spool = spool;
    this.#headers = headers.map((name, i) => (name.trim() === '' ? `Column ${i + 1}` : name));
  }

  add(row: DumpRow): void {
    const fields = this.#headers.map((_, i) => row.fields[i] ?? '');
    const cells = [row.status, ...fields, String(row.line), ...row.errors];
    const text = `${cells.map(quoted).join(',')}${String.fromCharCode(MARK + row.errors.length)}\n`;
    this.#mostErrors = Math.max(this.#mostErrors, row.errors.length);
    this.#pending.push(text);
    this.#pendingLength += text.length;
  }

  /** Moves what has gathered out of memory; call it once per batch of rows. */
  async settle(): Promise<void> {
    if (this.#pendingLength >= FLUSH_AT) await this.#flush();
  }

  /** The whole dump; undefined when no row was added. */
  async finish(): Promise<Spooled | undefined> {
    if (this.#mostErrors === 0) return undefined;
    await this.#flush();
    const rows = await this.#writer?.finish();
    if (!rows) return undefined;
    const errors = Array.from({ length: this.#mostErrors }, (_, i) => `_Error_${i + 1}_`);
    const header = `${['_Status_', ...this.#headers, '_Line_', ...errors].map(quoted).join(',')}\n`;
    const mostErrors = this.#mostErrors;
    const dump = await this.#spool.keep(
      (async function* () {
        yield Buffer.from(header);
        const decoder = new TextDecoder();
        let rest = '';
        for await (const piece of rows.read()) {
          const text = rest + decoder.decode(piece, { stream: true });
          // a mark and its line end may fall on both sides of a cut
          const safe = text.lastIndexOf('\n') + 1;
          rest = text.slice(safe);
          yield Buffer.from(padded(text.slice(0, safe), mostErrors));
        }
      })(),
    );
    rows.release();
    return dump;
  }

  async #flush(): Promise<void> {
    this.#writer ??= this.#spool.writer();
    await this.#writer.write(Buffer.from(this.#pending.join('')));
    this.#pending = [];
    this.#pendingLength = 0;
  }
}

function padded(text: string, columns: number): string {
  return text.replaceAll(/[\ue000-\ue0ff]\n/g, (mark) => `${',""'.repeat(columns - (mark.charCodeAt(0) - MARK))}\n`);
}
