import { CLASS } from './glob-letters.ts';

const IN_BRACES = String.raw`(?:[^{},]|\{[^{},]*\})*`;
const IN_CHOICE = String.raw`[^()[\]{}|]*`;

/** A class, which is left as it is; `{a,b}`; and `@(a|b)` without other brackets in it. */
const ONE_OF = new RegExp(
  String.raw`${CLASS}|\{(${IN_BRACES}(?:,${IN_BRACES})+)\}|@\((${IN_CHOICE}(?:\|${IN_CHOICE})+)\)`,
  'g',
);

/** Text that leaves no parenthesis open: a choice within `+( )` or `!( )` is more than a choice. */
const CLOSED = /^(?:[^(]|\([^()]*\))*$/;

/** The patterns that one with `{a,b}` and `@(a|b)` stands for, as in a shell; beyond a few dozen of them the pattern as it is. */
export function expanded(glob: string): string[] {
  let all = [glob];
  for (;;) {
    const next = all.flatMap(firstExpanded);
    if (next.length === all.length) return all;
    if (next.length > 50) return [glob];
    all = next;
  }
}

function firstExpanded(glob: string): string[] {
  for (const match of glob.matchAll(ONE_OF)) {
    const [written, braces, choice] = match;
    const [before, behind] = [glob.slice(0, match.index), glob.slice(match.index + written.length)];
    const list = braces?.split(',') ?? (CLOSED.test(before) ? choice?.split('|') : undefined);
    if (list !== undefined) return list.map((one) => before + one + behind);
  }
  return [glob];
}

/** `expanded`, with `**` only where it means folders of any depth, as a whole folder; elsewhere it is one star. */
export const alternatives = (glob: string): string[] => expanded(glob).map(deepOnlyAlone);

const deepOnlyAlone = (glob: string): string =>
  glob
    .split('/')
    // The second star of "**(a|b)" belongs to the parenthesis.
    .map((part) => (part === '**' ? part : part.replace(/\*{2,}(?!\()/g, '*')))
    .join('/');
