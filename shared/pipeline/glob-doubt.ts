import { globMatcher } from './glob.ts';
import { alternatives, expanded } from './glob-alternatives.ts';

const QUOTES = '“”„‟«»‘’‚‛‹›';

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
  if (QUOTES.includes(glob.at(0) ?? '') || QUOTES.includes(glob.at(-1) ?? ''))
    return `has the quotes of printed text (“ ”) in it, which are letters to YAML; put '"'`;
  const [separator] = /[,;](?=\s)/.exec(glob) ?? [];
  if (separator !== undefined)
    return `has a blank after "${separator}", which is a letter of it: one of several is written {a,b}, without blanks`;
  const [single] = /\{[^{},]*\}/.exec(glob) ?? [];
  if (single !== undefined) return `has ${single}, and braces mean one of several only with a comma, as in {a,b}`;
  if (expanded(glob).join() !== alternatives(glob).join())
    return 'has "**" beside other letters, where it means "*"; folders of any depth are a folder "**", as in a/**/*.csv';
  const [extended] = /[@!+*?]\([^)]*\)/.exec(glob) ?? [];
  const sample = sampleOf(glob);
  if (sample === undefined || globMatcher(glob)(sample)) return undefined;
  return extended === undefined
    ? `does not match ${sample}: [ and ] mean one letter of those between them; put ? for each bracket`
    : `does not match ${sample}: ${extended} means several; put ? for each parenthesis`;
}

/** A key as one would read it out of the pattern; undefined where brackets seem to be meant as wildcards. */
function sampleOf(glob: string): string | undefined {
  const [first = glob] = alternatives(glob);
  const classes = [...first.matchAll(/\[([^\]]+)\]/g)].map(([, letters = '']) => letters);
  // Nobody who means one of some letters names one of them twice, but for the "-" of ranges.
  const named = classes.map((letters) => letters.replace(/^[!^]|-/g, ''));
  if (named.some((letters) => new Set(letters).size === letters.length || letters.startsWith('['))) return undefined;
  if (/\([^)]*\|/.test(first)) return undefined;
  return first
    .replace(/\?\(([^()]*)\)/g, '$1')
    .replace(/\*\*?/g, 'a')
    .replaceAll('?', 'a');
}
