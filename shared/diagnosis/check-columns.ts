import type { CodePage } from './code-page.ts';
import { excerpt } from './words.ts';

export interface ColumnsDiffer {
  cause: string;
  /** both headers, one under the other */
  sideBySide: string;
  check: string;
}

const SHOWN_COLUMNS = 30;

/**
 * Compares the columns of a file with those an import reads. Blanks around a name and capital letters do not matter:
 * where Anaplan minds them, it says so itself (`missingFields`). The order does matter: it is not known of every import
 * whether Anaplan follows names or places, and values in the wrong column would be told by nobody.
 */
export function compareColumns(
  expected: readonly string[],
  found: readonly string[],
  { tells }: Pick<CodePage, 'tells'>,
): ColumnsDiffer | undefined {
  const wanted = expected.map((name, index) => comparable(name, index, tells));
  const has = found.map((name, index) => comparable(name, index, tells));
  if (wanted.length === has.length && wanted.every((name, index) => name === has[index])) return undefined;

  const missing = expected.filter(
    (_, index) => countIn(has, wanted[index]) < countIn(wanted.slice(0, index + 1), wanted[index]),
  );
  const extra = found.filter((_, index) => countIn(wanted, has[index]) < countIn(has.slice(0, index + 1), has[index]));
  const differences = [
    missing.length === 0 ? '' : `Missing in the file: ${names(missing)}.`,
    extra.length === 0 ? '' : `Not known to the import: ${names(extra)}.`,
    missing.length + extra.length > 0 ? '' : 'The names are the same, in another order.',
  ];
  const sideBySide = [
    `The import reads: ${header(expected)}`,
    `The file has:     ${header(found)}`,
    ...differences.filter((line) => line !== ''),
  ].join('\n');
  if (missing.length > 0) {
    return {
      cause: 'The file lacks columns that the import reads.',
      sideBySide,
      check:
        'Have the missing columns put back, spelt as above; if they changed for good, map the import anew in Anaplan.',
    };
  }
  if (extra.length > 0) {
    return {
      cause: 'The file has columns that the import does not know.',
      sideBySide,
      check:
        'Take the new columns out of the file; if they are to stay, run the import once by hand in Anaplan with such a file and map it.',
    };
  }
  return {
    cause: 'The columns are those of the import, in another order, so that values could land in the wrong place.',
    sideBySide,
    check:
      'Have the columns written in the order of the import. If you know that it goes by names, set `source: warn` for the pipeline.',
  };
}

/**
 * Compares as much of a header as is there, where it is too long to be read as a whole. `cut` is the part of the next name that was
 * read: it is no column of the import once it is longer than the name.
 */
export function compareFirstColumns(
  expected: readonly string[],
  found: readonly string[],
  cut: string,
  { tells }: Pick<CodePage, 'tells'>,
): ColumnsDiffer | undefined {
  const wanted = expected.map((name, index) => comparable(name, index, tells));
  const next = wanted[found.length];
  const goesOn = found.length >= wanted.length;
  const differs = found.some(
    (name, index) => index < wanted.length && comparable(name, index, tells) !== wanted[index],
  );
  const begun = cut.trim() === '' ? '' : comparable(cut, found.length, tells);
  const isOther = next !== undefined && next !== ILLEGIBLE && begun.length > next.length;
  if (!goesOn && !differs && !isOther) return undefined;
  return {
    cause:
      differs || isOther
        ? 'The first columns of the file are not those that the import reads.'
        : 'The file has columns that the import does not know.',
    sideBySide: `The import reads: ${header(expected)}\nThe file begins:  ${header([...found, cut])}`,
    check: 'See whether this is the file that the import reads, and whether its lines end where they should.',
  };
}

function countIn(names: readonly (string | undefined)[], wanted: string | undefined): number {
  return names.filter((name) => name === wanted).length;
}

/** Stands for every name whose letters cannot be told. */
const ILLEGIBLE = '\ufffd';

/** A column without a header is called `Column N` (anaplan-notes: Dumps). */
function comparable(name: string, index: number, tells: CodePage['tells']): string {
  if (tells === 'ascii' && /\P{ASCII}/u.test(name)) return ILLEGIBLE;
  const told = tells === 'letters' ? name.replace(/[^\p{L}\p{N}\p{ASCII}]/gu, ' ') : name;
  const words = told.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
  return words === '' ? `column ${index + 1}` : words;
}

function header(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_COLUMNS).map((name) => excerpt(name, 60) || '(no name)');
  const rest = names.length - shown.length;
  return `${shown.join(' | ')}${rest > 0 ? ` | … and ${rest} more` : ''}`;
}

function names(columns: readonly string[]): string {
  const shown = columns.slice(0, SHOWN_COLUMNS).map((name) => `"${excerpt(name, 60)}"`);
  const rest = columns.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
