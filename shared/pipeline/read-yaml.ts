import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Mistake } from './mistakes.ts';

/** What a YAML file holds, and where. `mistakes` leave the value readable: more may be told beside them. */
export type ReadYaml =
  | { ok: true; value: unknown; document: Document; lines: LineCounter; mistakes: readonly Mistake[] }
  | { ok: false; mistakes: readonly Mistake[] };

/** Aliases of aliases multiply: beyond this the parser refuses them. */
const MOST_COPIES = 1000;

/** Reads one document; anchors, aliases and merge keys (`<<: *name`) are resolved, and may not multiply without bounds. Never throws. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: true });
  const problems = [...document.errors, ...document.warnings];
  // After a slip of syntax the rest is guesswork: one clear mistake, no followers.
  const syntax = problems.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (syntax !== undefined) return { ok: false, mistakes: [syntaxMistake(syntax, lines)] };

  const unusable = unusableNodes(document).map(({ node, message }) => {
    const { line, col } = lines.linePos(node.range?.[0] ?? 0);
    return { line, column: col, message };
  });
  if (unusable.length > 0) return { ok: false, mistakes: unusable };
  const mistakes = problems.map((problem) => syntaxMistake(problem, lines));
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MOST_COPIES }) ?? {}, document, lines, mistakes };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = why.startsWith('Excessive alias')
      ? `the aliases ("*name") make more than ${MOST_COPIES} copies of something; use fewer of them`
      : `the aliases ("*name") cannot be resolved: ${why}`;
    return { ok: false, mistakes: [{ line: 1, column: 1, message }] };
  }
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

/** What makes the value unreadable as a whole: aliases that lead nowhere or in a circle, and names that JavaScript hides. */
function unusableNodes(document: Document): { node: Node; message: string }[] {
  const found: { node: Node; message: string }[] = [];
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document);
      const name = `*${alias.source}`;
      if (target === undefined) found.push({ node: alias, message: `${name} stands for nothing above it` });
      else if (ancestors.includes(target))
        found.push({ node: alias, message: `${name} stands for what it is part of` });
    },
    Pair: (_, { key, value }) => {
      if (!isScalar(key)) return;
      // JavaScript keeps a property of this name for itself, so whatever stands under it would be passed over without a word.
      if (key.value === '__proto__') {
        found.push({ node: key, message: '"__proto__" cannot be a name here; choose another' });
      }
      const merged = key.value !== '<<' ? [] : isSeq(value) ? value.items : [value];
      if (merged.some((each) => !isMap(isAlias(each) ? each.resolve(document) : each))) {
        found.push({ node: key, message: '"<<" merges mappings, such as <<: *name, and this is none' });
      }
    },
  });
  return found;
}

/** Top-level keys that begin with "x-" are the writer's own: a place for anchors. */
export function withoutNotes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')));
}
