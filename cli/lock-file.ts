import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { freeze } from '../shared/pipeline/freeze.ts';
import { type Lock, LockError, parseLock } from '../shared/pipeline/lock.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';

/** The lock file of a configuration stands beside it. */
export const lockFileOf = (config: string): string => join(dirname(config), 'plandrop.lock.json');

/** How a lock file stands to its configuration; `changes` says why it is stale, one line each. */
export interface LockState {
  file: string;
  state: 'current' | 'stale' | 'missing';
  changes: readonly string[];
}

/**
 * Compares the lock file with the configuration, and with what Anaplan says now, where it was asked.
 * @param resolved the pipelines whose names were found
 */
export async function lockState(config: string, configuration: Configuration, resolved?: Lock): Promise<LockState> {
  const file = lockFileOf(config);
  let lock: Lock;
  try {
    lock = parseLock(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof LockError) return { file, state: 'stale', changes: [error.message] };
    return { file, state: 'missing', changes: [] };
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
