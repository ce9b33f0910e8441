import type { Judgement } from '../diagnosis/judge-action.ts';
import type { Uploaded } from './run.ts';
import type { StepFile } from './step-files.ts';

/** A file that was uploaded for a process, and how many rows each import that reads it counted, where Anaplan says so. */
export interface FileRows {
  file: string;
  /** uploaded, without the header */
  rows: number;
  totals: readonly number[];
}

/**
 * Sets the rows of each file against the totals of the actions that read it.
 * @param fileOf the file that an import reads, by the import's id
 */
export function fileRowsOf(
  uploads: readonly (StepFile & { uploaded: Uploaded })[],
  nested: readonly Judgement[],
  fileOf: ReadonlyMap<string, string>,
): FileRows[] {
  return uploads.map(({ name, fileId, uploaded }) => ({
    file: name,
    rows: uploaded.rows,
    totals: totalsOf(fileId, nested, fileOf),
  }));
}

/** What the actions that read a file counted. @param fileOf the file that an import reads, by the import's id */
export function totalsOf(
  fileId: string,
  nested: readonly Judgement[],
  fileOf: ReadonlyMap<string, string>,
): readonly number[] {
  return nested.flatMap(({ objectId, totalRows }) =>
    totalRows !== undefined && fileOf.get(objectId) === fileId ? [totalRows] : [],
  );
}

/** Every file was counted, and every count is that of the rows uploaded. */
export function areVerified(files: readonly FileRows[]): boolean {
  return (
    files.length > 0 && files.every(({ rows, totals }) => totals.length > 0 && totals.every((total) => total === rows))
  );
}

/** The first file of which Anaplan counts another number of rows. */
export function differingFile(files: readonly FileRows[]): { file: string; rows: number; total: number } | undefined {
  for (const { file, rows, totals } of files) {
    const total = totals.find((each) => each !== rows);
    if (total !== undefined) return { file, rows, total };
  }
  return undefined;
}
