import { readFile } from 'node:fs/promises';
import { fillIn, type Variables } from './fill-in.ts';
import { type Mistake, mistakesOf, type Place, placeOf } from './mistakes.ts';
import { readYaml, withoutNotes } from './read-yaml.ts';
import { type Configuration, configurationSchema } from './schema.ts';

export type LoadedConfiguration =
  | { ok: true; configuration: Configuration; placeOf: (path: readonly PropertyKey[]) => Place }
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

/**
 * Reads the text of a `plandrop.yaml`, with `${NAME}` filled in where it may stand. All mistakes are told at once, in the order of the
 * file; never throws.
 */
export function loadConfiguration(text: string, variables: Variables = {}): LoadedConfiguration {
  const yaml = readYaml(text);
  if (!yaml.ok) return yaml;
  const { value, unfilled } = fillIn(withoutNotes(yaml.value), variables);
  const read = configurationSchema.safeParse(value, { reportInput: false });
  // What is not filled in is one mistake, not also a wrong value.
  const missing = new Set(unfilled.map(({ path }) => path.join('\n')));
  const issues = (read.error?.issues ?? []).filter(({ path }) => !missing.has(path.join('\n')));
  const found = [
    ...issues,
    ...unfilled.map(({ path, message }) => ({ code: 'custom' as const, path: [...path], message, input: undefined })),
  ];
  const mistakes = inOrder([...yaml.mistakes, ...mistakesOf(found, yaml.document, yaml.lines)]);
  if (!read.success || mistakes.length > 0) return { ok: false, mistakes };
  const { document, lines } = yaml;
  return { ok: true, configuration: read.data, placeOf: (path) => placeOf(path, 'value', document, lines) };
}

/** In the order of the file; what an alias brings to several places is one mistake. */
function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const told = new Map(mistakes.map((each) => [`${each.line}:${each.column}: ${each.message}`, each]));
  return [...told.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Reads the file. @throws ConfigurationError when it is not there, cannot be read, or has mistakes */
export async function readConfiguration(path: string, variables: Variables = {}): Promise<Configuration> {
  const loaded = loadConfiguration(await readText(path), variables);
  if (!loaded.ok) throw new ConfigurationError(path, loaded.mistakes);
  return loaded.configuration;
}

/** The text of the file. @throws ConfigurationError when it is not there or cannot be read */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`;
    throw new ConfigurationError(path, [{ line: 1, column: 1, message: why }]);
  }
}
