import picomatch from 'picomatch';

// Keys have "/" on every system; "*" stays within one folder and, as in a shell, passes over names that begin with a dot.
const OPTIONS = { posixSlashes: false, nonegate: true } as const;

/** A test for keys, case-sensitive. @throws when the pattern cannot be read */
export function globMatcher(glob: string): (key: string) => boolean {
  return picomatch(glob, OPTIONS);
}

/** What is wrong with a pattern of keys, in words that complete "… must be"; undefined when nothing is. */
export function globMistake(glob: string): string | undefined {
  if (glob.trim() === '') return 'a pattern of keys, such as "sales/*.csv"';
  if (glob.startsWith('/') || glob.startsWith('./')) return 'a pattern without a leading "/" or "./" (keys have none)';
  if (glob.startsWith('!')) return 'a pattern of what to take, not of what to leave out';
  if (glob.includes('\\')) return 'a pattern with "/" between folders, without "\\"';
  if (glob.endsWith('/'))
    return 'a pattern of files, such as "sales/*.csv" (a key that ends in "/" is a folder marker)';
  return undefined;
}

/** Why a pattern that is allowed most likely matches nothing, as words behind its name; undefined when there is no doubt. */
export function globDoubt(glob: string): string | undefined {
  const folders = glob.split('/');
  if (folders.includes('')) return 'has an empty folder ("//"), which no usual key has';
  if (folders.some((part) => part === '.' || part === '..'))
    return 'has "." or ".." for a folder, which no usual key has';
  if (folders.some((part) => part !== part.trim())) return 'begins or ends a name with a blank, which few keys do';
  if (/\[[^\]]*$/.test(glob) || /\{[^}]*$/.test(glob))
    return 'has a bracket that is never closed, and means the bracket itself';
  if (folders[0] === 'taken' || folders.some((part) => part.startsWith('.'))) {
    return 'matches nothing in "plandrop local", which leaves taken/ and names that begin with a dot alone';
  }
  return undefined;
}

/**
 * Whether some key matches both patterns, where that can be told for certain; undefined where it cannot (classes, extended
 * patterns), so that only a key shows it.
 */
export function globsOverlap(a: string, b: string): boolean | undefined {
  const pairs = alternatives(a).flatMap((one) => alternatives(b).map((other) => plainGlobsOverlap(one, other)));
  return pairs.includes(true) ? true : pairs.includes(undefined) ? undefined : false;
}

/** The patterns that `{a,b}` stands for; beyond a few dozen of them the pattern as it is. */
function alternatives(glob: string): string[] {
  let expanded = [glob];
  for (;;) {
    const next = expanded.flatMap((each) => {
      const [braces, list] = /\{([^{},]*(?:,[^{},]*)+)\}/.exec(each) ?? [];
      if (braces === undefined || list === undefined) return [each];
      return list.split(',').map((one) => each.replace(braces, () => one));
    });
    if (next.length === expanded.length) return expanded;
    if (next.length > 50) return [glob];
    expanded = next;
  }
}

/** Whether a date, as `dateInKey` finds it (2026-01-31, 2026/01/31 or 20260131), fits in what the wildcards stand for. */
export function globMayHoldDate(glob: string): boolean {
  const letters = glob.replace(/\[[^\]/]+\]/g, '?');
  return letters.includes('*') || /(?=[\d_./-]*\?)[?\d]{4}([-_./]?)[?\d]{2}\1[?\d]{2}/.test(letters);
}

function plainGlobsOverlap(a: string, b: string): boolean | undefined {
  if (a === b) return true;
  if (isLiteral(a)) return globMatcher(b)(a);
  if (isLiteral(b)) return globMatcher(a)(b);
  if (!isPlain(a) || !isPlain(b)) return undefined;
  return pathsMeet(a.split('/'), b.split('/'));
}

const isLiteral = (glob: string): boolean => !/[*?[\](){}!+@|]/.test(glob);

/** Only `*`, `?`, and `**` as a whole folder. */
const isPlain = (glob: string): boolean =>
  !/[[\](){}!+@|]/.test(glob) && glob.split('/').every((part) => part === '**' || !part.includes('**'));

function pathsMeet(a: readonly string[], b: readonly string[]): boolean {
  const [first, ...rest] = a;
  const [other, ...others] = b;
  if (first === '**') return pathsMeet(rest, b) || (isPassable(other) && pathsMeet(a, others));
  if (other === '**') return pathsMeet(a, others) || (isPassable(first) && pathsMeet(rest, b));
  if (first === undefined || other === undefined) return first === other;
  return namesMeet(first, other) && pathsMeet(rest, others);
}

/** Whether `**` takes this folder: any but one that begins with a dot. */
const isPassable = (part: string | undefined): boolean => part !== undefined && !part.startsWith('.');

function namesMeet(a: string, b: string): boolean {
  // A leading wildcard never stands for a leading dot.
  if (/^[*?]/.test(a) !== /^[*?]/.test(b) && (a.startsWith('.') || b.startsWith('.'))) return false;
  return lettersMeet(a, b);
}

function lettersMeet(a: string, b: string): boolean {
  if (a === '' && b === '') return true;
  if (a[0] === '*') return lettersMeet(a.slice(1), b) || (b !== '' && lettersMeet(a, b.slice(1)));
  if (b[0] === '*') return lettersMeet(b, a);
  if (a === '' || b === '') return false;
  return (a[0] === b[0] || a[0] === '?' || b[0] === '?') && lettersMeet(a.slice(1), b.slice(1));
}
