import { type DumpRow, readDumpRows } from './dump-rows.ts';
import { createLineSet, type LineSet, MAX_LINE } from './line-set.ts';

/** Where the rejected rows of a dump stand in the source file. */
export interface RejectedLines {
  /** 1-based, header counted */
  lines: LineSet;
  /** rejected rows whose line the dump does not tell, or that stand on a line which the source cannot have */
  unlocated: number;
  /** why the dump, or the rest of it, could not be read */
  unreadable?: string;
}

/**
 * Reads the source lines of a dump's rejected rows; rows that were loaded with a warning are left out (anaplan-notes: Dumps).
 * Only errors of reading `dump` are thrown. `sourceBytes` is the size of the source.
 */
export async function readRejectedLines(
  dump: AsyncIterable<Uint8Array>,
  { sourceBytes = MAX_LINE }: { sourceBytes?: number } = {},
): Promise<RejectedLines> {
  // A line has at least its end; what the dump claims beyond that must not cost memory.
  const last = Math.min(sourceBytes + 1, MAX_LINE);
  const lines = createLineSet();
  let unlocated = 0;
  let columns: { status: number; line: number } | undefined;
  const row = (fields: DumpRow) => {
    if (columns === undefined) {
      columns = { status: columnOf(fields, '_status_'), line: columnOf(fields, '_line_') };
      return;
    }
    if (columns.status >= 0 && fields.field(columns.status).trim().toUpperCase() === 'W') return;
    const line = columns.line < 0 ? '' : fields.field(columns.line).trim();
    if (/^[1-9]\d{0,9}$/.test(line) && Number(line) <= last) lines.add(Number(line));
    else unlocated += 1;
  };
  const unreadable = await readDumpRows(dump, row);
  return { lines, unlocated, ...(unreadable === undefined ? {} : { unreadable }) };
}

function columnOf(header: DumpRow, name: string): number {
  for (let index = 0; index < header.width; index += 1) {
    if (header.field(index).trim().toLowerCase() === name) return index;
  }
  return -1;
}
