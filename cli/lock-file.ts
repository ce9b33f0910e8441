import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { shellWord } from '../shared/diagnosis/shell-word.ts';
import { freeze } from '../shared/pipeline/freeze.ts';
import { type Lock, LockError, parseLock } from '../shared/pipeline/lock.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';
import { CommandError } from './command-error.ts';

/** The lock file of a configuration: the one that was named, or the one beside it. */
export const lockFileOf = (config: string, named?: string): string =>
  named ?? join(dirname(config), 'plandrop.lock.json');

/** The command that writes a lock file. */
export function lockCommandFor(config: string, file: string): string {
  const lock = file === lockFileOf(config) ? '' : ` --lock ${shellWord(file)}`;
  return `plandrop lock --config ${shellWord(config)}${lock}`;
}

/** @returns undefined when there is no such file. @throws CommandError when what is there cannot be read */
export async function readLockFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR') {
      const whatToCheck = ['Name the lock file in it with --lock.'];
      throw new CommandError(`${file} is a folder, and the lock is a file.`, { whatToCheck });
    }
    throw new CommandError(`The lock file ${file} cannot be read (${code}).`, { whatToCheck: [`Look at ${file}.`] });
  }
}

/** How a lock file stands to its configuration; `changes` says why it is stale, one line each. */
export interface LockState {
  file: string;
  state: 'current' | 'stale' | 'missing';
  changes: readonly string[];
}

/**
 * Compares a lock file with the configuration, and with what Anaplan says now, where it was asked.
 * @param resolved the pipelines whose names were found
 */
export async function lockState(file: string, configuration: Configuration, resolved?: Lock): Promise<LockState> {
  const text = await readLockFile(file);
  if (text === undefined) return { file, state: 'missing', changes: [] };
  let lock: Lock;
  try {
    lock = parseLock(text, file);
  } catch (error) {
    if (error instanceof LockError)
      return { file, state: 'stale', changes: [error.message.replace(/; write it anew .*$/, '')] };
    throw error;
  }
  const changes = Object.keys(configuration.pipelines).flatMap((name) => {
    const frozen = freeze(name, configuration, lock);
    if (!frozen.ok) return [frozen.message.replace(/; run "plandrop lock".*$/, '')];
    const [now, before] = [resolved?.pipelines[name], lock.pipelines[name]];
    return now === undefined || isDeepStrictEqual(now, before)
      ? []
      : [`Anaplan has changed what pipeline "${name}" names: an id, or the columns of an import`];
  });
  const gone = Object.keys(lock.pipelines)
    .filter((name) => !Object.hasOwn(configuration.pipelines, name))
    .map((name) => `the lock file still has pipeline "${name}"`);
  const all = [...changes, ...gone];
  return { file, state: all.length === 0 ? 'current' : 'stale', changes: all };
}
