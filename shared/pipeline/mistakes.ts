import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import * as z from 'zod';
import { nearMatches } from './near.ts';
import { configurationSchema } from './schema.ts';

/** A place in the text, 1-based. */
export interface Place {
  line: number;
  column: number;
}

/** One thing wrong with a configuration, where it is, and what would be right. */
export interface Mistake extends Place {
  message: string;
}

type Path = readonly PropertyKey[];

/** Every issue that the schema found, in the order of the file, in words and places of the file. */
export function mistakesOf(found: readonly z.core.$ZodIssue[], document: Document, lines: LineCounter): Mistake[] {
  const issues = found.flatMap(withinShape);
  const at = (path: Path, part: 'key' | 'value'): Place => placeOf(path, part, document, lines);
  // A misspelt key is one mistake, not also a missing one.
  const meant = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [...issue.path, meantBy(key, issue.path)].join('\n'))
      : [],
  );
  return issues.flatMap((issue): Mistake[] => {
    if (isMisspelling(issue, meant)) return [];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({ ...at([...issue.path, key], 'key'), message: unknownKey(key, issue.path) }));
      default: {
        const missing = issue.message.startsWith('is missing');
        const byKey = issue.code === 'custom' && issue.params?.at === 'key';
        const place = missing ? at(issue.path.slice(0, -1), 'key') : at(issue.path, byKey ? 'key' : 'value');
        return [{ ...place, message: `${subject(issue.path)} ${issue.message}` }];
      }
    }
  });
}

/** What is wrong within the one shape that was meant, where a value may have several (`either`): a mapping shows which. */
function withinShape(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.filter(
    (branch) => !branch.some(({ code, path }) => path.length === 0 && OTHER_SHAPE.has(code)),
  );
  const [only, ...others] = meant;
  if (only === undefined || others.length > 0) return [issue];
  return only.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

const OTHER_SHAPE: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value']);

/** Whether an issue is only the echo of a misspelt key: that key's right name is then not missing. */
function isMisspelling(issue: z.core.$ZodIssue, meant: readonly string[]): boolean {
  const path = issue.path.join('\n');
  if (issue.message.startsWith('is missing')) return meant.includes(path);
  const keys: unknown = issue.code === 'custom' ? issue.params?.unlessMeant : undefined;
  if (!Array.isArray(keys)) return false;
  // The rule may be told at one of the keys, or at the mapping that lacks them.
  return keys.some((key) =>
    [path, issue.path.slice(0, -1).join('\n')].some((place) => meant.includes(`${place}\n${key}`)),
  );
}

function unknownKey(key: string, path: Path): string {
  const { title, keys } = settingsAt(path);
  const near = meantBy(key, path);
  const hint = near === undefined ? `it takes ${keys.join(', ')}` : `did you mean "${near}"?`;
  return `"${key}" is not a setting of ${title}; ${hint}`;
}

function meantBy(key: string, path: Path): string | undefined {
  return nearMatches(key, settingsAt(path).keys, 1)[0];
}

/** The name of what a path points at: `"model"`, `step 2`, `pipeline "sales"`. */
function subject(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  if (typeof last === 'number') return `step ${last + 1}`;
  if (path.length === 2 && path[0] === 'pipelines') return `pipeline "${String(last)}"`;
  return `"${String(last)}"`;
}

/** What a mapping at this path is called, and its valid keys, as the schema says. */
function settingsAt(path: Path): { title: string; keys: string[] } {
  let schema: unknown = unwrapped(configurationSchema);
  for (const key of path) {
    if (schema instanceof z.ZodObject) schema = unwrapped(Reflect.get(schema.shape, key));
    else if (schema instanceof z.ZodRecord) schema = unwrapped(schema.valueType);
    else if (schema instanceof z.ZodArray) schema = unwrapped(schema.element);
    else break;
  }
  if (!(schema instanceof z.ZodObject)) return { title: String(path.at(-1)), keys: [] };
  return { title: schema.meta()?.title ?? String(path.at(-1)), keys: Object.keys(schema.shape) };
}

/** The schema behind defaults, options and transforms. */
function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in);
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) return unwrapped(schema.unwrap());
  if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional) return unwrapped(schema.unwrap());
  // Of several shapes, only a mapping has keys.
  if (schema instanceof z.ZodUnion)
    return schema.options.map(unwrapped).find((option) => option instanceof z.ZodObject);
  return schema;
}

/** Where the key or the value of `path` stands; where it is not written, the nearest thing around it. */
export function placeOf(path: Path, part: 'key' | 'value', document: Document, lines: LineCounter): Place {
  const { line, col } = lines.linePos(offsetOf(document, path, part));
  return { line, column: col };
}

/** Where in the text the key or the value of `path` begins; where it is not written, the nearest thing around it. */
function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  let node: Node | undefined = document.contents ?? undefined;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    const inner = isAlias(node) ? node.resolve(document) : node;
    if (!isCollection(inner)) return offset;
    const item: unknown = isMap(inner) ? pairOf(inner, String(step), document) : inner.items[Number(step)];
    if (item === undefined) return offset;
    const key = isPair(item) && isNode(item.key) ? item.key : undefined;
    const value = isPair(item) ? item.value : item;
    const last = depth === path.length - 1;
    // An empty value has no place of its own.
    const empty = !isNode(value) || (isScalar(value) && value.value === null);
    offset = (last && part === 'value' && !empty ? startOf(value) : startOf(key)) ?? startOf(value) ?? offset;
    node = isNode(value) ? value : undefined;
  }
  return offset;
}

/** A pair of a mapping, or of a mapping that is merged into it (`<<: *name`). */
function pairOf(map: YAMLMap, name: string, document: Document): Pair | undefined {
  const named = (key: string) => map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  const own = named(name);
  const merged = own === undefined ? named('<<')?.value : undefined;
  if (!isNode(merged)) return own;
  for (const each of isSeq(merged) ? merged.items : [merged]) {
    const target = isAlias(each) ? each.resolve(document) : each;
    const pair = isMap(target) ? pairOf(target, name, document) : undefined;
    if (pair !== undefined) return pair;
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
