import { basename } from 'node:path';
import { globMatcher } from '../shared/pipeline/glob.ts';
import type { Pipeline } from '../shared/pipeline/schema.ts';
import { CommandError } from './command-error.ts';

/** A file of this machine; `file` is the name in the pipeline's `files:` that it fills, where that has some. */
export interface AssignedFile {
  path: string;
  file?: string;
}

interface Entry {
  name: string;
  glob: string;
}

/**
 * Which file goes where: to the pipeline's imports, one file to all of them; or, where a process names its files one by one, each to the
 * name whose pattern it matches, or that was said with it.
 * @param paths files as they were named
 * @param said `<name in files:>=<path>`
 * @throws CommandError for files that go nowhere, to several places or to one that has a file, and for those that are missing
 */
export function assignFiles(
  pipelineName: string,
  { steps }: Pick<Pipeline, 'steps'>,
  { paths, said }: { paths: readonly string[]; said: readonly string[] },
): AssignedFile[] {
  const entries = steps.flatMap(({ files = [] }) => files);
  if (entries.length === 0) return atMostOne(pipelineName, { steps }, { paths, said });
  const told = said.map((text) => saidFile(text, entries));
  const left = entries.filter(({ name }) => !told.some((each) => 'file' in each && each.file === name));
  const assigned = [...told, ...paths.map((path) => placed(path, left))];
  const mistakes = assigned.flatMap((each) => ('mistake' in each ? [each.mistake] : []));
  const files = assigned.flatMap((each) => ('mistake' in each ? [] : [each]));
  const fillersOf = ({ name }: Entry) => files.filter(({ file }) => file === name).map(({ path }) => path);
  for (const entry of entries) {
    const fillers = fillersOf(entry);
    if (fillers.length > 1) mistakes.push(`Several files are for "${entry.name}": ${fillers.join(', ')}.`);
  }
  // Whoever mends the mistakes so far may have named the missing ones already.
  const missing = mistakes.length > 0 ? undefined : entries.find((entry) => fillersOf(entry).length === 0);
  if (missing !== undefined) mistakes.push(`The file for "${missing.name}" (${missing.glob}) is missing.`);
  if (mistakes.length === 0) return files;
  throw new CommandError(`Pipeline "${pipelineName}" starts with all its files. ${mistakes.join(' ')}`, {
    whatToCheck: [
      `Name one for each of these: ${entries.map(({ name, glob }) => `"${name}" (${glob})`).join(', ')}.`,
      `Say where a file goes with --file, such as --file "${entries[0]?.name}=${basename(paths[0] ?? 'file.csv')}".`,
    ],
  });
}

/**
 * Which of the files of a process one file is, by its name or as it was said; undefined where no process says which files it takes.
 * @throws CommandError where that cannot be told
 */
export function assignFile(
  pipelineName: string,
  { steps }: Pick<Pipeline, 'steps'>,
  { path, said }: { path: string; said: string | undefined },
): string | undefined {
  const entries = steps.flatMap(({ files = [] }) => files);
  const names = entries.map(({ name }) => `"${name}"`).join(', ');
  if (said === undefined && entries.length === 0) return undefined;
  if (said !== undefined) {
    if (entries.some(({ name }) => name === said)) return said;
    const whatToCheck = [entries.length === 0 ? 'Name the file without --as.' : `Say one of these: ${names}.`];
    throw new CommandError(`No process of pipeline "${pipelineName}" takes a file "${said}".`, { whatToCheck });
  }
  const found = placed(path, entries);
  if ('file' in found) return found.file;
  const whatToCheck = [`Say with --as which it is: ${names}.`];
  throw new CommandError(`Pipeline "${pipelineName}" takes several files. ${found.mistake}`, { whatToCheck });
}

function atMostOne(
  pipelineName: string,
  { steps }: Pick<Pipeline, 'steps'>,
  { paths, said }: { paths: readonly string[]; said: readonly string[] },
): AssignedFile[] {
  const named = [...paths, ...said.map((text) => text.slice(text.indexOf('=') + 1))];
  if (named.length > 0 && !steps.some(({ kind }) => kind === 'import')) {
    throw new CommandError(`Pipeline "${pipelineName}" reads no file; ${named.join(', ')} would not be uploaded.`, {
      whatToCheck: [
        'Run it without a file, or name a pipeline that reads one.',
        'A process uploads only what `files:` says.',
      ],
    });
  }
  if (said.length > 0) {
    throw new CommandError(`No process of pipeline "${pipelineName}" says with files: which files it takes.`, {
      whatToCheck: ['Name the file without --file.'],
    });
  }
  if (paths.length > 1) {
    throw new CommandError(`Pipeline "${pipelineName}" takes one file, and ${paths.length} are named.`, {
      whatToCheck: ['Run it once for each file.', 'A process takes several where it says with files: which.'],
    });
  }
  return paths.map((path) => ({ path }));
}

type Placed = Required<AssignedFile> | { mistake: string };

function saidFile(text: string, entries: readonly Entry[]): Placed {
  const entry = entries.find(({ name }) => text.startsWith(`${name}=`));
  if (entry === undefined) return { mistake: `"${text}" does not begin with one of its files and "=".` };
  const path = text.slice(entry.name.length + 1);
  return path === '' ? { mistake: `"${text}" names no file.` } : { path, file: entry.name };
}

/** By its path as far as a pattern has folders; only where that fits nothing, by its name alone. */
function placed(path: string, entries: readonly Entry[]): Placed {
  const key = path.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== '..');
  const byPath = entries.filter(({ glob }) => matchesEnd(key, glob));
  const fitting = byPath.length > 0 ? byPath : entries.filter(({ glob }) => matchesName(path, glob));
  const [only, ...others] = fitting;
  if (only === undefined) return { mistake: `${path} fits none of its files.` };
  if (others.length > 0) return { mistake: `${path} fits ${fitting.map(({ name }) => `"${name}"`).join(' and ')}.` };
  return { path, file: only.name };
}

function matchesEnd(key: readonly string[], glob: string): boolean {
  const matches = globMatcher(glob);
  return key.some((_, index) => matches(key.slice(index).join('/')));
}

function matchesName(path: string, glob: string): boolean {
  return globMatcher(glob.slice(glob.lastIndexOf('/') + 1))(basename(path));
}
