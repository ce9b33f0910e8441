import { type StatsFs, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { guardSync } from './storage-error.ts';

/** Each commit makes a file before it takes the old one away. */
const MINIMUM_FREE_FILES = 64;

/** Why nothing can be kept in a data folder now, in plain words; undefined when it can. */
export function whyNoRoom(dataDir: string, minimumFreeBytes: number): string | undefined {
  try {
    // The folder itself comes back with the next file written into it; what it held does not.
    guardSync('read', dataDir, () => statSync(join(dataDir, 'queues.sqlite')));
    return whyTooFull(
      dataDir,
      guardSync('read', dataDir, () => statfsSync(dataDir)),
      minimumFreeBytes,
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Pure. A file system that counts no files, such as btrfs, says that it has 0 of them. */
export function whyTooFull(
  path: string,
  { bavail, bsize, files, ffree }: Pick<StatsFs, 'bavail' | 'bsize' | 'files' | 'ffree'>,
  minimumFreeBytes: number,
): string | undefined {
  if (bavail * bsize < minimumFreeBytes) return `the disk of ${path} is almost full. Free some space.`;
  if (files > 0 && ffree < MINIMUM_FREE_FILES)
    return `the disk of ${path} takes almost no more files, however small (df -i). Remove some.`;
  return undefined;
}
