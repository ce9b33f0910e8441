import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isAlive } from './object-files.ts';
import { guardSync } from './storage-error.ts';

/** Two engines on one data folder would both believe to be the only consumer. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
  readonly dataDir: string;
  /** of the other engine, where it is known */
  readonly pid: number | undefined;
  constructor(dataDir: string, pid: number | undefined) {
    super(
      `The data folder ${dataDir} is in use by another plandrop${pid === undefined ? '' : ` (pid ${pid})`}. ` +
        'Stop that one first, or choose another folder with --data-dir.',
    );
    this.dataDir = dataDir;
    this.pid = pid;
  }
}

/**
 * Locks the data folder for this process. SQLite's file lock is freed by the operating system when the process ends,
 * however it ends, so no stale lock can remain. https://www.sqlite.org/lockingv3.html
 *
 * @returns how to unlock
 * @throws DataFolderInUseError when another engine holds it
 * @throws StorageError when the folder cannot be written
 */
export function lockDataFolder(dataDir: string): () => void {
  const path = join(dataDir, 'engine.lock');
  const pidPath = join(dataDir, 'engine.pid');
  const lock = guardSync('open', path, () => new DatabaseSync(path, { timeout: 0 }));
  try {
    guardSync('write', path, () => lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE'));
    // SQLite locks a read-only file without complaint; only a write tells.
    guardSync('write', path, () => lock.exec('PRAGMA user_version = 1'));
    guardSync('write', pidPath, () => writeFileSync(pidPath, `${process.pid}\n`));
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new DataFolderInUseError(dataDir, readPid(pidPath)) : error;
  }
  return () => {
    if (!lock.isOpen) return;
    rmSync(pidPath, { force: true });
    lock.close();
  };
}

/** SQLITE_BUSY and SQLITE_LOCKED. */
function isBusy(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error) || !('errcode' in cause) || typeof cause.errcode !== 'number') return false;
  return [5, 6].includes(cause.errcode & 0xff);
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}
