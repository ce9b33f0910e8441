import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
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

/** There is no configuration to read: it has no line that could be mended. Exit 64 too. */
export class ConfigurationFileError extends Error {
  override readonly name = 'ConfigurationFileError';
  readonly whatToCheck: string;
  constructor(file: string, code: string) {
    super(messageFor(file, code));
    this.whatToCheck =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'Write one with plandrop init, or name it with --config.'
        : 'Name the file with --config, and see that this user may read it.';
  }
}

function messageFor(file: string, code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `There is no ${file}${file === basename(file) ? ' here' : ''}.`;
    case 'EISDIR':
      return `${file} is a folder, and the configuration is a file.`;
    default:
      return `The configuration ${file} cannot be read (${code}).`;
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

/** Reads the file. @throws ConfigurationFileError when it is not there or cannot be read, ConfigurationError when it has mistakes */
export async function readConfiguration(path: string, variables: Variables = {}): Promise<Configuration> {
  const loaded = loadConfiguration(await readText(path), variables);
  if (!loaded.ok) throw new ConfigurationError(path, loaded.mistakes);
  return loaded.configuration;
}

/**
 * The text of the file.
 * @throws ConfigurationFileError when it is not there or cannot be read, ConfigurationError when it is too large or not UTF-8
 */
export async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) throw new ConfigurationError(path, [{ line: 1, column: 1, message: TOO_LARGE }]);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationFileError(path, error instanceof Error && 'code' in error ? String(error.code) : '');
  }
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return text;
  // What is not UTF-8 was read as a replacement character.
  const before = text.slice(0, text.indexOf('\ufffd')).split('\n');
  const place = { line: before.length, column: (before.at(-1)?.replace(/^\ufeff/, '').length ?? 0) + 1 };
  throw new ConfigurationError(path, [{ ...place, message: NOT_UTF8 }]);
}

/** Hundreds of pipelines have room in it. */
const MOST_BYTES = 1_000_000;
const TOO_LARGE = 'the file is larger than 1 MB, so it is hardly a configuration; name another with --config';
const NOT_UTF8 = 'the file is not UTF-8: this letter is in another encoding; save the file as UTF-8';
