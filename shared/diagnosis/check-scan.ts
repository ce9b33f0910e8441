import type { Diagnosis } from './diagnosis.ts';
import type { SourceProblem } from './record-counter.ts';
import type { SourceScanResult } from './source-scan.ts';
import { countOf } from './words.ts';

/** What a run is told after it. An earlier step may have loaded the file; the report says it for a file alone, or for one of a set. */
export const WITH_MENDED_FILE =
  'Then redrive the run with the mended file, or drop a new set with it. This step has loaded nothing of the file as it was.';

/** Why a file in another encoding is refused, and what to do about it. */
export const OTHER_ENCODING =
  'The file is written in another encoding than the import expects, so that its letters would be read wrongly.';
export function inExpectedEncoding(textEncoding: string | undefined): string {
  return `Have the file written in ${textEncoding}, or change the encoding of the data source in Anaplan.`;
}

/**
 * What only the whole file tells: quotes that never close, rows of another width, text in another encoding, no rows at all. `width` is
 * how many columns the import reads, where that is known: a header may be too long for a look at the start of the file.
 */
export function checkScan(scanned: SourceScanResult, file: string, width?: number): Diagnosis | undefined {
  const told = scanned.problems.filter((problem) => problem.kind !== 'blank-row');
  // These explain whatever else is odd about the rows around them.
  const first =
    told.find(({ kind }) => kind === 'zero-byte' || kind === 'bare-return' || kind === 'other-encoding') ?? told[0];
  if (first !== undefined) return refusal(file, ...wordsFor(first, scanned));
  if (width !== undefined && scanned.columns !== undefined && scanned.columns !== width) {
    return {
      ...refusal(
        file,
        'The file has another number of columns than the import reads.',
        `the import reads ${countOf(width, 'column')}, and the file has ${countOf(scanned.columns, 'column')}`,
        'See whether this is the file that the import reads, and whether its lines end where they should.',
      ),
      category: 'mapping',
    };
  }
  if (scanned.rows > 0) return undefined;
  return refusal(
    file,
    'The file has a header and no rows.',
    'it holds no data row',
    'Look at the job that writes this file: its query found nothing, or it was cut off.',
  );
}

function wordsFor(
  problem: Exclude<SourceProblem, { kind: 'blank-row' }>,
  scanned: SourceScanResult,
): [string, string, string] {
  switch (problem.kind) {
    case 'ragged-row':
      return [
        'Rows have more or fewer columns than the header, so values would land in the wrong columns.',
        `line ${problem.line} has ${countOf(problem.columns, 'column')} where ${problem.expected} are expected` +
          (scanned.raggedRows > 1 ? ` (${countOf(scanned.raggedRows, 'row')} in all)` : ''),
        'Put quotes around values that hold the separator, or a line break, and see whether the last row was cut off.',
      ];
    case 'text-after-quote':
      return [
        'A quoted value goes on after its closing quote, so the rest of the row cannot be read for certain.',
        `line ${problem.line} has text after a closing quote`,
        'Double each quote that is part of a value: "12"" pipe".',
      ];
    case 'unbalanced-quote':
      return [
        'A quote is opened and never closed, so everything after it reads as one value. The file may have been cut off.',
        `the quote opened on line ${problem.line} is never closed`,
        'Look at that line, and whether the file is complete; double each quote that is part of a value.',
      ];
    case 'zero-byte':
      return [
        'Text never holds a zero byte: the file was damaged while it was written or copied, or it is in another encoding, such as UTF-16.',
        `line ${problem.line} holds a zero byte`,
        'Have the file written and copied again as a whole, as plain text in the encoding of the import data source.',
      ];
    case 'bare-return':
      return [
        'A line ends in a carriage return alone, as on very old Macintosh computers, and Anaplan may not take that for the end of a row.',
        `line ${problem.line} ends in a carriage return without a line feed`,
        'Have the lines end in a line feed, with or without a carriage return; put quotes around values that hold a line break.',
      ];
    case 'invalid-text':
      return [
        'The import expects UTF-8, and the file is written in another encoding.',
        `byte ${problem.byte} on line ${problem.line} is not UTF-8`,
        'Write the file as UTF-8, or change the encoding of the import data source in Anaplan to the one the file has.',
      ];
    case 'other-encoding':
      return [
        OTHER_ENCODING,
        `the import expects ${problem.expected}, and the file is UTF-8, as byte ${problem.byte} on line ${problem.line} shows`,
        inExpectedEncoding(problem.expected),
      ];
    default:
      return problem satisfies never;
  }
}

function refusal(file: string, cause: string, found: string, check: string): Diagnosis {
  return {
    category: 'source-file',
    cause,
    message: `${file} does not fit its import: ${found}.`,
    whatToCheck: [check, WITH_MENDED_FILE],
    retry: { kind: 'no' },
    references: { file },
  };
}
