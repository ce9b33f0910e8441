import { type Document, type LineCounter, Scalar, visit, type YAMLError } from 'yaml';
import type { Mistake } from './mistakes.ts';

/** The slips that people make most, in our words; the parser's own words serve for the others. */
const WORDS: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'this key is there twice',
  TAB_AS_INDENT: 'tabs cannot indent YAML; use spaces',
  MULTIPLE_DOCS: 'a second document begins here ("---"); the file may hold one',
  BAD_INDENT: 'this is not indented like its neighbours, or a bracket before it is not closed',
  BAD_DQ_ESCAPE:
    'a backslash in "…" means more than itself: write "/" between folders, or put the value in single quotes',
  TAG_RESOLVE_FAILED: 'tags ("!name") mean nothing here; put the value in quotes',
};

export const NESTED_TOO_DEEP = 'this is nested deeper than any setting; see whether a bracket is repeated';

const SECOND_COLON = 'a second ": " stands in this line; put the value in quotes';
const WRONG_INDENT =
  'the indentation of this line or of the one before does not fit: settings of one thing begin in one column';
const UNCLOSED = 'the quote that opens here is not closed';
export const NO_BREAK = 'a no-break space stands here, or another that YAML does not know; put a common one';

const HIDDEN_BRACKET =
  'a comment begins here, and the closing bracket is in it: "#" after a blank begins one; put the value in quotes';

/** Of a value that YAML takes for something else because of its first letter. */
export function needsQuotes(letter: string, value?: string): string {
  return `a value that begins with "${letter}" needs quotes${value === undefined ? '' : `: "${value}"`}`;
}

/** A text, the parser's reading of it, and where its lines begin. */
interface Read {
  text: string;
  document: Document;
  lines: LineCounter;
}

/**
 * A slip of syntax in our words, where a person would mend it. The parser says where it could not go on, and that is often one line
 * after the slip, or one before.
 */
export function syntaxMistake(problem: YAMLError, read: Read): Mistake {
  const [start, end] = problem.pos;
  const at = (offset: number, message: string): Mistake => {
    const { line, col } = read.lines.linePos(offset);
    return { line, column: col, message };
  };
  const strange = strangeBlank(read, start, end);
  if (strange !== undefined) return at(strange, NO_BREAK);
  const comment = hidingComment(read.text.slice(0, end));
  if (comment !== undefined) return at(comment, HIDDEN_BRACKET);
  const { begin, line, next } = linesAt(read.text, start);
  switch (problem.code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (hasSecondColon(line)) return at(start, SECOND_COLON);
      return at(indentOf(next.line) > indentOf(line) ? next.begin + indentOf(next.line) : start, WRONG_INDENT);
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR': {
      if (problem.message.startsWith('Missing closing')) return at(openedBefore(start, read) ?? start, UNCLOSED);
      const glued = /^[\w-]+:(?=[^\s:])/.exec(read.text.slice(start, begin + line.length));
      if (glued !== null) return at(start + glued[0].length, 'a blank is missing after the colon');
      if (problem.code === 'MULTILINE_IMPLICIT_KEY' && indentOf(next.line) > indentOf(line))
        return at(next.begin + indentOf(next.line), WRONG_INDENT);
      if (/^[\w-]+\s*(?:#.*)?$/.test(read.text.slice(start, begin + line.length)))
        return at(start, 'this is a name without a colon and a value');
      break;
    }
    case 'BAD_ALIAS':
    case 'BAD_SCALAR_START':
      return at(start, needsQuotes(read.text[start] ?? ''));
    case 'UNEXPECTED_TOKEN': {
      const bracket = bracketWithin(read.text, start);
      if (bracket !== undefined) return at(start, bracket);
      const opened = openedBefore(start, read);
      const quote = opened === undefined ? undefined : read.text[opened];
      if (opened === undefined || read.text.slice(0, start).trimEnd().at(-1) !== quote) break;
      if (opened < begin) return at(opened, UNCLOSED);
      return at(start, goesOn(quote));
    }
    case 'BLOCK_IN_FLOW':
      if (!/^[^,{}[\]\n]*:\s/.test(read.text.slice(start))) break;
      return at(start, SECOND_COLON);
    case 'RESOURCE_EXHAUSTION':
      return at(start, NESTED_TOO_DEEP);
    default:
  }
  return at(start, WORDS[problem.code] ?? `this is not YAML: ${problem.message}`);
}

/** Of a value without quotes that has a bracket at its beginning or in it. */
function bracketWithin(text: string, offset: number): string | undefined {
  const [before = '', letter = ''] = [text[offset - 1], text[offset]];
  if (/[}\]]/.test(before) && /[^\s,:}\]]/.test(letter))
    return `the value goes on after its closing "${before}"; put all of it in quotes`;
  return /[{[]/.test(letter) && /[^\s,:{[]/.test(before)
    ? `"${letter}" stands in the middle of a value; put all of it in quotes`
    : undefined;
}

/** Where a comment begins that holds the bracket that would close one of its line, in the last two lines that say something. */
function hidingComment(text: string): number | undefined {
  const from = text.lastIndexOf('\n', text.trimEnd().length - 1) + 1;
  const before = text.lastIndexOf('\n', text.slice(0, from).trimEnd().length - 1) + 1;
  for (const begin of [from, before]) {
    const [, code, comment] =
      /^((?:[^\n#"']|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?<!\s)#)*\s)(#.*)/.exec(text.slice(begin)) ?? [];
    if (code !== undefined && comment !== undefined && unclosed(code) > 0 && unclosed(comment) < 0)
      return begin + code.length;
  }
  return undefined;
}

/** How many brackets more are opened than closed, not counting those in quotes. */
function unclosed(text: string): number {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '');
  return (bare.match(/[{[]/g) ?? []).length - (bare.match(/[}\]]/g) ?? []).length;
}

function goesOn(quote: string | undefined): string {
  const rule = quote === "'" ? "a quote inside '…' is written twice" : 'a quote inside "…" is written \\"';
  return `the text goes on after its closing quote; ${rule}`;
}

/** Where the quoted text opens that ends before a place, or does not end. */
function openedBefore(offset: number, { document }: Read): number | undefined {
  let opened: number | undefined;
  visit(document, {
    Scalar: (_, { type, range }) => {
      const isQuoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
      if (isQuoted && range && range[0] < offset) opened = Math.max(opened ?? 0, range[0]);
    },
  });
  return opened;
}

interface Line {
  begin: number;
  line: string;
}

/** The line that an offset is in, and the next one that says something. */
function linesAt(text: string, offset: number): Line & { next: Line } {
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const line = lineFrom(text, begin);
  let next = { begin: begin + line.length + 1, line: lineFrom(text, begin + line.length + 1) };
  while (next.begin < text.length && /^\s*(?:#.*)?$/.test(next.line)) {
    const after = next.begin + next.line.length + 1;
    next = { begin: after, line: lineFrom(text, after) };
  }
  return { begin, line, next };
}

function lineFrom(text: string, begin: number): string {
  const end = text.indexOf('\n', begin);
  return text.slice(begin, end < 0 ? undefined : end);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Whether a line has two ends of a name, not counting those in quotes, in brackets and in a comment. */
function hasSecondColon(line: string): boolean {
  const bare = line
    .replace(/(?<=^|[\s,[{])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/g, 'text')
    .replace(/\s#.*$/, '')
    .replace(/\{.*\}|\[.*\]/, 'brackets');
  return (bare.match(/:(?=\s|$)/g) ?? []).length > 1;
}

/** A blank that only looks like one where YAML wants a blank: before a name, after a dash or a colon. */
function strangeBlank({ text }: Read, start: number, end: number): number | undefined {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const { begin, line } = linesAt(text, Math.max(start, end - 1));
  const found = /(?:^[ -]*|:)(?=[^\S \t\r\n])/m.exec(text.slice(from, begin + line.length));
  return found === null ? undefined : from + found.index + found[0].length;
}
