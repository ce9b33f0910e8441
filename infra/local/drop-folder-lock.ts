import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../shared/observe/logger.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { DataFolderInUseError, lockDataFolder } from './engine-lock.ts';
import { guardSync, StorageError } from './storage-error.ts';

/** Hidden, so that nothing in it is a drop. */
const LOCK_FOLDER = '.plandrop-drops';
/** Who has the lock writes its process id after that, and takes it away before. */
const ROUNDS = 20;
const BETWEEN_MS = 100;

/**
 * Keeps a second plandrop, with another data folder, from loading the same files. Where that cannot be, as on a share that knows no
 * locks, it is only said.
 *
 * @param path the drop folder
 * @returns how to unlock; when the process ends, however it ends, the operating system does
 * @throws StorageError when another plandrop watches the folder
 */
export async function lockDropFolder(
  path: string,
  { log, clock }: { log: Logger; clock: Pick<Clock, 'sleep'> },
): Promise<() => void> {
  const lockFolder = join(path, LOCK_FOLDER);
  for (let round = 1; ; round++) {
    try {
      guardSync('write', lockFolder, () => mkdirSync(lockFolder, { recursive: true }));
      return lockDataFolder(lockFolder);
    } catch (error) {
      if (isHeld(error, lockFolder))
        throw new StorageError(path, watchedBy(error.pid, lockFolder, path), { cause: error });
      if (!(error instanceof DataFolderInUseError) || round === ROUNDS) return unlocked(error, path, log);
    }
    await clock.sleep(BETWEEN_MS);
  }
}

function unlocked(error: unknown, path: string, log: Logger): () => void {
  const reason = error instanceof Error ? error.message : String(error);
  log.warn(`Nothing keeps a second plandrop from watching ${path} too: it cannot be locked. Watch it with one only.`, {
    reason,
  });
  return () => {};
}

/** Some shares refuse every lock as if another had it; who has one has left its process id. */
function isHeld(error: unknown, lockFolder: string): error is DataFolderInUseError {
  return error instanceof DataFolderInUseError && existsSync(join(lockFolder, 'engine.pid'));
}

function watchedBy(pid: number | undefined, lockFolder: string, path: string): string {
  const who = pid === undefined ? ', perhaps on another machine' : ` (pid ${pid})`;
  const orElse = pid === undefined ? ` If none does, remove ${lockFolder}.` : '';
  return `The drop folder ${path} is watched by another plandrop${who}. Stop that one first, or watch another folder with --drops.${orElse}`;
}
