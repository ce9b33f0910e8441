import type { ImportSource } from '../anaplan/types.ts';
import { checkScan } from './check-scan.ts';
import { checkHeader, checkTail, widthOf } from './check-source.ts';
import type { Diagnosis } from './diagnosis.ts';
import { createSourceScan, type SourceScanResult } from './source-scan.ts';
import { formatOf } from './source-text.ts';

/** Reads bytes `start` to `end` (exclusive) of a file. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

/** The file, as the sentences about it call it; `The file` unless told. */
export interface CheckedFile {
  file?: string;
}

/** What there is to know about a source file before it is sent. */
export interface SourceCheck {
  /** the first thing that is wrong; absent when nothing is */
  problem?: Diagnosis;
  /** the whole file, read once; absent when its ends have told enough */
  scanned?: SourceScanResult;
}

const LOOK_BYTES = 64 * 1024;
const READ_BYTES = 4 * 1024 * 1024;

/** Header and tail of a file against the import's own definition: cheap, so that a wrong file is refused before its first byte is sent. */
export async function checkEnds(
  read: ReadRange,
  size: number,
  definition: ImportSource,
  options: CheckedFile = {},
): Promise<Diagnosis | undefined> {
  const whole = size <= LOOK_BYTES;
  const header = checkHeader(await read(0, Math.min(size, LOOK_BYTES)), definition, { ...options, whole });
  if (header !== undefined || whole) return header;
  return checkTail(await read(size - LOOK_BYTES, size), definition, options);
}

/** The whole check of a source file: its ends first, then every row. Memory does not grow with the file. */
export async function checkSourceFile(
  read: ReadRange,
  size: number,
  definition: ImportSource,
  options: CheckedFile = {},
): Promise<SourceCheck> {
  const atEnds = await checkEnds(read, size, definition, options);
  if (atEnds !== undefined) return { problem: atEnds };
  const scan = await createSourceScan(formatOf(definition));
  for (let at = 0; at < size; at += READ_BYTES) scan.update(await read(at, Math.min(size, at + READ_BYTES)));
  const scanned = scan.result();
  const problem = checkScan(scanned, options.file ?? 'The file', widthOf(definition));
  return { scanned, ...(problem === undefined ? {} : { problem }) };
}
