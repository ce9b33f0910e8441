import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Logger } from '../../shared/observe/logger.ts';
import { isCode } from './object-files.ts';
import { guard, StorageError } from './storage-error.ts';
import { TAKEN } from './taken-folder.ts';

/** How folders and files are looked at. */
export interface Reading {
  /** @throws a system error of Node */
  readFolder(path: string): Promise<Dirent[]>;
  /** Follows no link. @throws a system error of Node */
  stat(path: string): Promise<BigIntStats>;
}

const SYSTEM: Reading = {
  readFolder: (path) => readdir(path, { withFileTypes: true }),
  stat: (path) => lstat(path, { bigint: true }),
};

/**
 * Lists the files of a drop folder by their keys. Hidden names, links and `taken/` are not entered; what cannot be read is told once,
 * and left out until it can be.
 */
export class DropWalk {
  readonly #path: string;
  readonly #log: Logger;
  readonly #reading: Reading;
  /** What was said of a path, until it can be read. */
  readonly #told = new Map<string, string>();

  /** @param path the drop folder, absolute */
  constructor(path: string, log: Logger, reading: Partial<Reading> = {}) {
    this.#path = path;
    this.#log = log;
    this.#reading = { ...SYSTEM, ...reading };
  }

  /** @throws StorageError when the drop folder itself cannot be read */
  async files(): Promise<Map<string, BigIntStats>> {
    const files = new Map<string, BigIntStats>();
    const folders = [''];
    for (const folder of folders) {
      for (const entry of await this.#entries(folder)) {
        const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.name.startsWith('.') || (await this.#isTaken(key)) || !this.#isNamed(key)) continue;
        if (entry.isDirectory()) folders.push(key);
        const stats = entry.isFile() ? await this.stats(key) : undefined;
        if (stats?.isFile()) files.set(key, stats);
      }
    }
    return files;
  }

  /** `undefined` for a file that is gone, or that this user may not look at. */
  async stats(key: string): Promise<BigIntStats | undefined> {
    const path = join(this.#path, key);
    return this.#unlessUnreadable(path, () => this.#reading.stat(path));
  }

  /** Where a file system minds no capitals, `Taken/` is the folder that taken files go to. */
  async #isTaken(key: string): Promise<boolean> {
    if (key === TAKEN) return true;
    if (key.toLowerCase() !== TAKEN) return false;
    const [own, other] = await Promise.all([this.stats(TAKEN), this.stats(key)]);
    return own !== undefined && own.ino === other?.ino && own.dev === other.dev;
  }

  async #entries(folder: string): Promise<Dirent[]> {
    const path = join(this.#path, folder);
    const read = () => this.#reading.readFolder(path);
    if (folder === '') return guard('read', this.#path, read);
    return (await this.#unlessUnreadable(path, read)) ?? [];
  }

  async #unlessUnreadable<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await guard('read', path, read);
      this.#told.delete(path);
      return done;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (!isCode(error.cause, 'ENOENT') && !isCode(error.cause, 'ENOTDIR'))
        this.#tell(path, `${whatToDo(error, this.#path)} The rest of the drop folder is taken.`);
      return undefined;
    }
  }

  /** Node gives bytes that are not UTF-8 as U+FFFD, and then the file cannot be opened by its name. */
  #isNamed(key: string): boolean {
    if (!key.includes('\uFFFD')) return true;
    this.#tell(join(this.#path, key), `${key} stays in the drop folder: its name is not UTF-8. Rename it.`);
    return false;
  }

  #tell(path: string, message: string): void {
    if (this.#told.get(path) === message) return;
    this.#told.set(path, message);
    this.#log.error(message, { path });
  }
}

/** What an error in the drop folder means to a person: another data folder would not help. */
export function whatToDo(error: unknown, drops: string): string {
  if (error instanceof StorageError && `${error.path}${sep}`.startsWith(`${drops}${sep}`)) {
    const { path, cause } = error;
    const orElse = path.length <= drops.length ? 'watch another folder with --drops' : 'move it out of the drop folder';
    if (isCode(cause, 'EACCES') || isCode(cause, 'EPERM'))
      return `Cannot read or write ${path}: permission denied. Give this user both rights, or ${orElse}.`;
    if (isCode(cause, 'EXDEV'))
      return `Cannot move a file from ${path} to ${join(drops, TAKEN)}: they are on different disks, and a taken file moves within one. Watch each with a plandrop of its own.`;
    if (isCode(cause, 'EROFS'))
      return `Cannot write ${path}: it is read-only, and taken files move within the drop folder. Watch another with --drops.`;
  }
  return error instanceof Error ? error.message : String(error);
}
