import picomatch from 'picomatch';
import { alternatives } from './glob-alternatives.ts';
import { EXTENDED, lettersOf, plainly } from './glob-letters.ts';

// Keys have "/" on every system; "*" stays within one folder and, as in a shell, passes over names that begin with a dot.
const OPTIONS = { posixSlashes: false, nonegate: true } as const;

/**
 * A test for keys, case-sensitive. An umlaut is one letter, whether it is written as one or as two (as a Mac does in names of files).
 * @throws when the pattern cannot be read
 */
export function globMatcher(glob: string): (key: string) => boolean {
  const patterns = alternatives(lettersOf(glob)).filter((one) => one !== '');
  const matches = picomatch(patterns.map(plainly), OPTIONS);
  return (key) => matches(lettersOf(key));
}

/** S3 takes no longer key. */
const LONGEST = 1024;

/** What is wrong with a pattern of keys, in words that complete "… must be"; undefined when nothing is. */
export function globMistake(glob: string): string | undefined {
  if (glob.trim() === '') return 'a pattern of keys, such as "sales/*.csv"';
  if (glob.startsWith('/') || glob.startsWith('./')) return 'a pattern without a leading "/" or "./" (keys have none)';
  if (glob.startsWith('!')) return 'a pattern of what to take, not of what to leave out';
  if (glob.includes('\\')) return 'a pattern with "/" between folders, without "\\"';
  if (glob.endsWith('/'))
    return 'a pattern of files, such as "sales/*.csv" (a key that ends in "/" is a folder marker)';
  if (glob.length > LONGEST) return `a pattern of at most ${LONGEST} letters (no key of S3 is longer)`;
  return undefined;
}

/**
 * Whether some key matches both patterns, where that can be told for certain; undefined where it cannot (classes, extended
 * patterns), so that only a key shows it.
 */
export function globsOverlap(a: string, b: string): boolean | undefined {
  const others = alternatives(lettersOf(b));
  const pairs = alternatives(lettersOf(a)).flatMap((one) => others.map((other) => oneOverlap(one, other)));
  return pairs.includes(true) ? true : pairs.includes(undefined) ? undefined : false;
}

/**
 * Whether a pattern takes keys from a folder or from one within it, hidden ones too; undefined where that cannot be told for certain.
 * @param folder without "/" at its end
 */
export function globTakesFrom(folder: string, glob: string): boolean | undefined {
  const answers = alternatives(glob).map((one) => {
    // Where a bracket spans folders, the pattern has no beginning that could be asked.
    if (/[([{][^)\]}/]*\//.test(one)) return globsOverlap(`${folder}/**`, one);
    const folders = one.split('/');
    return folders
      .map((_, index) => folders.slice(0, index + 1).join('/'))
      .some((beginning, index) => (beginning !== one || folders[index] === '**') && globMatcher(beginning)(folder));
  });
  return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
}

/** Whether a date, as `dateInKey` finds it (2026-01-31, 2026/01/31 or 20260131), fits in what the wildcards stand for. */
export function globMayHoldDate(glob: string): boolean {
  const letters = glob.replace(/\[[^\]/]+\]/g, '?');
  return letters.includes('*') || /(?=[\d_./-]*\?)[?\d]{4}([-_./]?)[?\d]{2}\1[?\d]{2}/.test(letters);
}

function oneOverlap(a: string, b: string): boolean | undefined {
  if (a === b) return true;
  if (isLiteral(a)) return globMatcher(b)(a);
  if (isLiteral(b)) return globMatcher(a)(b);
  if (isPlain(a) && isPlain(b)) return pathsMeet(a.split('/'), b.split('/'));
  // What not even wider patterns have in common, these have not.
  const [wideA, wideB] = [widened(a), widened(b)];
  return isPlain(wideA) && isPlain(wideB) && !pathsMeet(wideA.split('/'), wideB.split('/')) ? false : undefined;
}

const isLiteral = (glob: string): boolean => !/[*?[\]{}]/.test(glob) && !EXTENDED.test(glob);

/** Only `*`, `?`, and `**` as a whole folder. */
const isPlain = (glob: string): boolean => !/[[\]{}]/.test(glob) && !EXTENDED.test(glob);

/**
 * With `*` for each class, extended pattern and pair of braces: whatever matches the pattern matches this too. What could stand for a
 * leading dot is left as it is. (A class also stands for itself as text, so `?` would be too narrow.)
 */
function widened(glob: string): string {
  const wide = glob
    .replace(/(?<=^|\/)[@+]\(([^()/]*)\)/g, (written, list: string) => (mayBeginWithDot(list) ? written : '*'))
    .replace(/(?<!^|\/)[@!+*?]\([^()/]*\)/g, '*')
    .replace(/\[[\p{L}\p{N}_][\p{L}\p{N}_-]*\]|(?<!^|\/)\[[!^][\p{L}\p{N}_-]+\]|\{[^{},/]*\}/gu, '*');
  // Two stars that touch mean more than one only where they were a whole folder before.
  const folders = glob.split('/');
  return wide
    .split('/')
    .map((part, index) => (folders[index] === '**' ? part : part.replace(/\*+/g, '*')))
    .join('/');
}

const mayBeginWithDot = (list: string): boolean => list.split('|').some((one) => !/^[^.*?[{]/.test(one));

function pathsMeet(a: readonly string[], b: readonly string[]): boolean {
  return walk(b.length, (i, j, meet) => {
    const [first, other] = [a[i], b[j]];
    if (first === '**') return meet(i + 1, j) || (isPassable(other) && meet(i, j + 1));
    if (other === '**') return meet(i, j + 1) || (isPassable(first) && meet(i + 1, j));
    if (first === undefined || other === undefined) return first === other;
    return namesMeet(first, other) && meet(i + 1, j + 1);
  });
}

/** Whether `**` takes this folder: any but one that begins with a dot. */
const isPassable = (part: string | undefined): boolean => part !== undefined && !part.startsWith('.');

function namesMeet(a: string, b: string): boolean {
  // A leading wildcard never stands for a leading dot.
  if (/^[*?]/.test(a) !== /^[*?]/.test(b) && (a.startsWith('.') || b.startsWith('.'))) return false;
  return lettersMeet(a, b);
}

function lettersMeet(a: string, b: string): boolean {
  return walk(b.length, (i, j, meet) => {
    const [one, other] = [a[i], b[j]];
    if (one === '*') return meet(i + 1, j) || (other !== undefined && meet(i, j + 1));
    if (other === '*') return meet(i, j + 1) || (one !== undefined && meet(i + 1, j));
    if (one === undefined || other === undefined) return one === other;
    return (one === other || one === '?' || other === '?') && meet(i + 1, j + 1);
  });
}

type Meet = (i: number, j: number) => boolean;

/** Asks from the beginning of two patterns on; each pair of places is asked about once, so that many wildcards take no longer. */
function walk(width: number, ask: (i: number, j: number, meet: Meet) => boolean): boolean {
  const answers = new Map<number, boolean>();
  const meet: Meet = (i, j) => {
    const place = i * (width + 1) + j;
    const answer = answers.get(place) ?? ask(i, j, meet);
    answers.set(place, answer);
    return answer;
  };
  return meet(0, 0);
}
