import { type BigIntStats, existsSync } from 'node:fs';
import { link, lstat, mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join, parse, relative, sep } from 'node:path';
import { isCode } from './object-files.ts';
import { guard } from './storage-error.ts';

/** Where taken files go, inside the drop folder. */
export const TAKEN = 'taken';
/** Where files are on their way, inside `taken/`: under their keys, because a longer name may be none. */
const MOVING = '.moving';

/**
 * The folder `taken/` of a drop folder. A sender may put another file under the same name at any moment, so what is moved is looked at
 * after it was moved, and goes back when it is not the file that was taken: nobody has stored that yet.
 *
 * A file is renamed aside before it gets its name here, so that a kill leaves it under its dropped name or here, and never under both:
 * what has a link here and a dropped name was dropped again, by a person or by a sender who publishes with links.
 */
export class TakenFolder {
  readonly #drops: string;
  readonly #path: string;

  /** @param drops the drop folder, absolute */
  constructor(drops: string) {
    this.#drops = drops;
    this.#path = join(drops, TAKEN);
  }

  /** Makes room for a file. @throws StorageError when that cannot be */
  async makeRoom(key: string): Promise<void> {
    await guard('write', this.#path, async () => {
      await mkdir(dirname(join(this.#path, key)), { recursive: true });
      await mkdir(dirname(this.#aside(key)), { recursive: true });
    });
  }

  /** Moves a file that was taken, never over another: a name that is there gets a number. @param file as it was taken */
  async move(key: string, file: BigIntStats): Promise<void> {
    await this.makeRoom(key);
    await guard('write', this.#path, async () => {
      try {
        await rename(join(this.#drops, key), this.#aside(key));
      } catch (error) {
        // The sender has taken it back.
        if (isCode(error, 'ENOENT')) return;
        throw error;
      }
      await this.#place(key, file);
    });
  }

  /**
   * Goes on with what a kill left on its way. To be called before anything is taken.
   * @param isStored whether a file was taken, by its key and by what it is now; any other goes back
   */
  async recover(isStored: (key: string, stats: BigIntStats) => boolean): Promise<void> {
    const moving = join(this.#path, MOVING);
    const entries = await readdir(moving, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const key = join(relative(moving, entry.parentPath), entry.name).split(sep).join('/');
      const stats = await lstat(this.#aside(key), { bigint: true });
      if (await this.#has(key, stats)) await unlink(this.#aside(key));
      else if (isStored(key, stats)) await this.#place(key, stats);
      else await this.#putBack(key);
    }
  }

  /** Gives what was set aside its name here; what is not `file` goes back. */
  async #place(key: string, file: BigIntStats): Promise<void> {
    const aside = this.#aside(key);
    const stats = await lstat(aside, { bigint: true });
    // Where there are no links, a file may have another number under another name.
    if (stats.size !== file.size || stats.mtimeNs !== file.mtimeNs) return this.#putBack(key);
    for (const target of this.#names(key)) {
      if (existsSync(target)) continue;
      try {
        await link(aside, target);
      } catch (error) {
        if (isCode(error, 'EEXIST')) continue;
        // No hard links here. Nobody else writes into `taken/`, so having looked is enough.
        return rename(aside, target);
      }
      if (isSame(stats, file)) return unlink(aside);
      await unlink(target);
      return this.#putBack(key);
    }
  }

  /** Unless another has come under its name: then that is the newer one. */
  async #putBack(key: string): Promise<void> {
    const [path, aside] = [join(this.#drops, key), this.#aside(key)];
    await mkdir(dirname(path), { recursive: true });
    try {
      await link(aside, path);
    } catch (error) {
      if (!isCode(error, 'EEXIST') && !existsSync(path)) return rename(aside, path);
    }
    await unlink(aside);
  }

  /** Whether the file has its name here already. */
  async #has(key: string, file: BigIntStats): Promise<boolean> {
    for (const target of this.#names(key)) {
      const stats = await lstat(target, { bigint: true }).catch(() => undefined);
      if (stats === undefined) return false;
      if (isSame(stats, file)) return true;
    }
    return false;
  }

  #aside(key: string): string {
    return join(this.#path, MOVING, key);
  }

  /** `taken/sales/drop.csv`, then `taken/sales/drop.2.csv` and so on, without end. */
  *#names(key: string): Generator<string> {
    const { dir, name, ext } = parse(join(this.#path, key));
    for (let number = 1; ; number++) yield join(dir, number === 1 ? `${name}${ext}` : `${name}.${number}${ext}`);
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs;
}
