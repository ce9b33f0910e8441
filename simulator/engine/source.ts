import { type Row, readRows, type TextFormat } from './read-rows.ts';

/** The rows an import reads, with the columns it maps located in them. */
export interface Source {
  /** names of all columns of the file, for the dump */
  headers: readonly string[];
  /** index of each mapped header in a row */
  columns: ReadonlyMap<string, number>;
  /** mapped headers that the file lacks */
  missing: readonly string[];
  /** data rows in batches */
  rows: AsyncIterable<Row[]>;
}

/**
 * Reads a file's header row and locates the mapped columns in it, by name; without a header row by position.
 * @param defined all columns of the import's definition, in order
 * @param mapped those that it uses
 */
export async function openSource(
  pieces: AsyncIterable<Uint8Array>,
  format: TextFormat,
  defined: readonly string[],
  mapped: readonly string[],
): Promise<Source> {
  const batches = readRows(pieces, format);
  let first: Row[] = [];
  let headers: string[] | undefined = format.headerRow === 0 ? [...defined] : undefined;
  while (!headers) {
    const next = await batches.next();
    if (next.done) break;
    first = first.concat(next.value);
    headers = first.find((row) => row.line >= format.headerRow)?.fields.map((name) => name.trim());
  }
  const names = headers ?? [];
  const columns = new Map<string, number>();
  for (const name of mapped) {
    const index = names.indexOf(name);
    if (index >= 0) columns.set(name, index);
  }
  const isData = (row: Row) => row.line >= format.firstDataRow;
  return {
    headers: names,
    columns,
    missing: mapped.filter((name) => !columns.has(name)),
    rows: (async function* () {
      yield first.filter(isData);
      for await (const batch of batches) yield batch[0] && !isData(batch[0]) ? batch.filter(isData) : batch;
    })(),
  };
}
