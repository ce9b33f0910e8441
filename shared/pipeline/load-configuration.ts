import { readFile } from 'node:fs/promises';
import { type Alias, type Document, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { type Mistake, mistakesOf } from './mistakes.ts';
import { type Configuration, configurationSchema } from './schema.ts';

export type LoadedConfiguration =
  | { ok: true; configuration: Configuration }
  | { ok: false; mistakes: readonly Mistake[] };

/** The configuration cannot be used. Told without asking Anaplan: exit 64. One line per mistake, `file:line:column: what`. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly file: string;
  readonly mistakes: readonly Mistake[];
  constructor(file: string, mistakes: readonly Mistake[]) {
    super(mistakes.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
    this.file = file;
    this.mistakes = mistakes;
  }
}

/** Reads the text of a `plandrop.yaml`. All mistakes are told at once, in the order of the file; never throws. */
export function loadConfiguration(text: string): LoadedConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const problems = [...document.errors, ...document.warnings];
  // After a slip of syntax the rest is guesswork: one clear mistake, no followers.
  const syntax = problems.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (syntax !== undefined) return { ok: false, mistakes: [syntaxMistake(syntax, lines)] };

  const mistakes = problems.map((problem) => syntaxMistake(problem, lines));
  const lost = lostAlias(document);
  if (lost !== undefined) {
    const { line, col } = lines.linePos(lost.range?.[0] ?? 0);
    return { ok: false, mistakes: [{ line, column: col, message: `*${lost.source} stands for nothing above it` }] };
  }
  const prototypes = prototypeKeys(document, lines);
  if (prototypes.length > 0) return { ok: false, mistakes: prototypes };
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (error) {
    // The parser refuses aliases that multiply without end.
    const why = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      mistakes: [{ line: 1, column: 1, message: `the aliases ("*name") cannot be resolved: ${why}` }],
    };
  }
  const read = configurationSchema.safeParse(value, { reportInput: false });
  if (!read.success) mistakes.push(...mistakesOf(read.error.issues, document, lines));
  mistakes.sort((a, b) => a.line - b.line || a.column - b.column);
  if (!read.success || mistakes.length > 0) return { ok: false, mistakes };
  return { ok: true, configuration: read.data };
}

/** Reads the file. @throws ConfigurationError when it is not there, cannot be read, or has mistakes */
export async function readConfiguration(path: string): Promise<Configuration> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`;
    throw new ConfigurationError(path, [{ line: 1, column: 1, message: why }]);
  }
  const loaded = loadConfiguration(text);
  if (!loaded.ok) throw new ConfigurationError(path, loaded.mistakes);
  return loaded.configuration;
}

/** The slips that people make most, in our words; the parser's own words serve for the others. */
const SYNTAX: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'this key is there twice',
  TAB_AS_INDENT: 'tabs cannot indent YAML; use spaces',
  MULTIPLE_DOCS: 'a second document begins here ("---"); the file may hold one',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " stands in this line; put the value in quotes',
  BAD_INDENT: 'this is not indented like its neighbours, or a bracket before it is not closed',
  TAG_RESOLVE_FAILED: 'tags ("!name") mean nothing here; put the value in quotes',
};

function syntaxMistake(problem: YAMLError, lines: LineCounter): Mistake {
  const { line, col } = lines.linePos(problem.pos[0]);
  return { line, column: col, message: SYNTAX[problem.code] ?? `this is not YAML: ${problem.message}` };
}

/** JavaScript keeps a property of this name for itself, so whatever stands under it would be passed over without a word. */
function prototypeKeys(document: Document, lines: LineCounter): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.value !== '__proto__') return;
      const { line, col } = lines.linePos(key.range?.[0] ?? 0);
      mistakes.push({ line, column: col, message: '"__proto__" cannot be a name here; choose another' });
    },
  });
  return mistakes;
}

function lostAlias(document: Document): Alias | undefined {
  let lost: Alias | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      lost = alias;
      return visit.BREAK;
    },
  });
  return lost;
}
