import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { type Mistake, placeOf } from './mistakes.ts';
import { NESTED_TOO_DEEP, NO_BREAK, needsQuotes, syntaxMistake } from './syntax-mistake.ts';

/** What a YAML file holds, and where. `mistakes` leave the value readable: more may be told beside them. */
export type ReadYaml =
  | { ok: true; value: unknown; document: Document; lines: LineCounter; mistakes: readonly Mistake[] }
  | { ok: false; mistakes: readonly Mistake[] };

/** Aliases of aliases multiply: beyond this the parser refuses them. */
const MOST_COPIES = 1000;

/** No setting is nested half as deep, and what reads the value afterwards goes one call deeper with each level. */
const MOST_LEVELS = 50;

/** Reads one document; anchors, aliases and merge keys (`<<: *name`) are resolved, and may not multiply without bounds. Never throws. */
export function readYaml(text: string): ReadYaml {
  try {
    return readText(text.replace(/^\ufeff/, ''));
  } catch (error) {
    // The parser goes one call deeper with each level, and the stack ends somewhere.
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, mistakes: [{ line: 1, column: 1, message: NESTED_TOO_DEEP }] };
  }
}

function readText(text: string): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: true });
  const problems = [...document.errors, ...document.warnings];
  // After a slip of syntax the rest is guesswork: one clear mistake, no followers.
  const syntax = problems.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (syntax !== undefined) return { ok: false, mistakes: [syntaxMistake(syntax, { text, document, lines })] };

  const unusable = unusableNodes(document).map(({ node, message }) => {
    const { line, col } = lines.linePos(node.range?.[0] ?? 0);
    return { line, column: col, message };
  });
  if (unusable.length > 0) return { ok: false, mistakes: unusable };
  const mistakes = problems.map((problem) => syntaxMistake(problem, { text, document, lines }));
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_COPIES }) ?? {};
    const deep = tooDeep(value);
    if (deep === undefined) return { ok: true, value, document, lines, mistakes };
    return { ok: false, mistakes: [{ ...placeOf(deep, 'value', document, lines), message: NESTED_TOO_DEEP }] };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const message = why.startsWith('Excessive alias')
      ? `the aliases ("*name") make more than ${MOST_COPIES} copies of something; use fewer of them`
      : `the aliases ("*name") cannot be resolved: ${why}`;
    return { ok: false, mistakes: [{ line: 1, column: 1, message }] };
  }
}

/** Where a value is nested deeper than `MOST_LEVELS`. Without recursion, which would end with the stack. */
function tooDeep(value: unknown): PropertyKey[] | undefined {
  const open: { value: unknown; path: PropertyKey[] }[] = [{ value, path: [] }];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    const { value, path } = each;
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= MOST_LEVELS) return path;
    for (const [key, inner] of Object.entries(value)) open.push({ value: inner, path: [...path, key] });
  }
  return undefined;
}

/** What makes the value unreadable as a whole: aliases that lead nowhere or in a circle, and names that JavaScript hides. */
function unusableNodes(document: Document): { node: Node; message: string }[] {
  const found: { node: Node; message: string }[] = [];
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document);
      const name = `*${alias.source}`;
      if (target === undefined) {
        const isPattern = /[^\p{L}\p{N}_-]/u.test(alias.source);
        const message = isPattern ? needsQuotes('*', name) : `${name} stands for nothing above it`;
        found.push({ node: alias, message });
      } else if (ancestors.includes(target))
        found.push({ node: alias, message: `${name} stands for what it is part of` });
    },
    Pair: (_, { key, value }) => {
      if (!isScalar(key)) return;
      // JavaScript keeps a property of this name for itself, so whatever stands under it would be passed over without a word.
      if (key.value === '__proto__') {
        found.push({ node: key, message: '"__proto__" cannot be a name here; choose another' });
      }
      // Within a name YAML takes any blank but its own for a letter.
      if (typeof key.value === 'string' && key.type === 'PLAIN' && /^\s|^-\s/.test(key.value)) {
        found.push({ node: key, message: NO_BREAK });
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
