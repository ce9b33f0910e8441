import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { CommandError } from './command-error.ts';
import { lockFileOf } from './lock-file.ts';

/**
 * Refuses a folder of drops whose files would not all be drops: every file in it that is not hidden is taken away.
 * @throws CommandError
 */
export function requireDropsApart({ drops, config, dataDir }: Record<'drops' | 'config' | 'dataDir', string>): void {
  const lock = lockFileOf(config);
  const told: [what: string, path: string][] = [
    ['the configuration', config],
    ...(existsSync(lock) ? [['the lock file', lock] as [string, string]] : []),
    ['the data folder', dataDir],
  ];
  const inside = told.find(([, path]) => isTakenFrom(drops, path));
  if (inside !== undefined) {
    const [what, path] = inside;
    throw new CommandError(`${drops} cannot be watched for drops: ${what} ${path} is in it and would be taken away.`, {
      whatToCheck: ['Name a folder of its own with --drops, such as ./drops.'],
    });
  }
  if (within(dataDir, drops) !== undefined) {
    throw new CommandError(`${drops} cannot be watched for drops: it is in the data folder ${dataDir}.`, {
      whatToCheck: ['Name another folder with --drops, or another data folder with --data-dir.'],
    });
  }
}

/** Whether the drop folder would take a path in it: it leaves alone what has a hidden name on the way. */
function isTakenFrom(drops: string, path: string): boolean {
  const names = within(drops, path);
  return names?.every((name) => !name.startsWith('.')) === true;
}

/** The names on the way from a folder to what is in it; none for the folder itself; undefined for what is elsewhere. */
function within(folder: string, path: string): string[] | undefined {
  const way = relative(real(folder), real(path));
  if (way === '') return [];
  const names = way.split(sep);
  return names[0] === '..' || resolve(way) === way ? undefined : names;
}

/** Where a path leads, links followed as far as there is something. */
function real(path: string): string {
  const whole = resolve(path);
  if (existsSync(whole) || dirname(whole) === whole) return realpathSync(whole);
  return join(real(dirname(whole)), basename(whole));
}
