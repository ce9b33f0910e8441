import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';

/** One thing wrong with a tenant or scenario. `line` and `column` are 1-based; 0 when it came as an object, not as YAML. */
export interface Mistake {
  line: number;
  column: number;
  /** where in the definition, e.g. `models.FY26 Plan.imports.Load Sales.into` */
  path: string;
  message: string;
}

/** A tenant or scenario that cannot be used. Its message lists every mistake, one a line. */
export class SimulatorFileError extends Error {
  override readonly name = 'SimulatorFileError';
  readonly mistakes: readonly Mistake[];
  constructor(what: string, mistakes: readonly Mistake[]) {
    const lines = mistakes.map((each) => {
      const where = [each.line > 0 ? `line ${each.line}` : '', each.path].filter(Boolean).join(', ');
      return `  ${where}: ${each.message}`;
    });
    super(
      `The ${what} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${lines.join('\n')}`,
    );
    this.mistakes = mistakes;
  }
}

/** What a check beyond the schema found, by path into the definition. */
export interface Finding {
  path: readonly PropertyKey[];
  message: string;
}

/** Checks that need the whole definition: names that point nowhere, columns that fit nothing. */
export type CrossCheck<T> = (value: T) => readonly Finding[];

/** Reads a value that is already an object. @throws SimulatorFileError naming every mistake */
export function readObject<T>(what: string, schema: z.ZodType<T>, input: unknown, check?: CrossCheck<T>): T {
  return read(what, schema, input, check, () => ({ line: 0, column: 0 }));
}

/** Reads YAML. @throws SimulatorFileError naming every mistake with its line */
export function readYaml<T>(what: string, schema: z.ZodType<T>, text: string, check?: CrossCheck<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined) => {
    const position = lines.linePos(offset ?? 0);
    return { line: position.line, column: position.col };
  };
  if (document.errors.length > 0) {
    throw new SimulatorFileError(
      what,
      document.errors.map((error) => ({ ...at(error.pos[0]), path: '', message: error.message })),
    );
  }
  const positionOf = (path: readonly PropertyKey[]) => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(step));
        if (!pair || !isNode(pair.key)) break;
        offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        // the name of what a short form leaves out, such as `items` of a list that is an array
        if (typeof step !== 'number') continue;
        node = node.items[step];
        if (!isNode(node)) break;
        offset = node.range?.[0] ?? offset;
      } else break;
    }
    return at(offset);
  };
  return read(what, schema, document.toJS() ?? {}, check, positionOf);
}

function read<T>(
  what: string,
  schema: z.ZodType<T>,
  input: unknown,
  check: CrossCheck<T> | undefined,
  positionOf: (path: readonly PropertyKey[]) => { line: number; column: number },
): T {
  const fail = (findings: readonly Finding[]) => {
    const mistakes = findings.map((each) => ({
      ...positionOf(each.path),
      path: each.path.join('.'),
      message: each.message,
    }));
    return new SimulatorFileError(
      what,
      mistakes.sort((a, b) => a.line - b.line || a.column - b.column),
    );
  };
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const misshapen = parsed.error.issues.flatMap(findingsOf);
    const rest = schema.safeParse(
      without(
        input,
        misshapen.map(({ path }) => path),
      ),
    );
    // What is well formed is checked too, so that one reading tells of everything; a name that was left out is not missed twice.
    const beyond = rest.success ? (check?.(rest.data) ?? []) : [];
    throw fail([...misshapen, ...beyond]);
  }
  const findings = check?.(parsed.data) ?? [];
  if (findings.length > 0) throw fail(findings);
  return parsed.data;
}

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: `"${key}" is not known here` }));
  }
  return [{ path: issue.path, message: issue.message }];
}

/** A copy of `input` without what stands at `paths`. */
function without(input: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  const copy: unknown = structuredClone(input);
  for (const path of paths) {
    const last = path.at(-1);
    let parent: unknown = copy;
    for (const step of path.slice(0, -1)) parent = isObject(parent) ? parent[String(step)] : undefined;
    if (isObject(parent) && last !== undefined) delete parent[String(last)];
  }
  return copy;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
