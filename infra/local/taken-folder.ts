import { type BigIntStats, existsSync } from 'node:fs';
import { link, lstat, mkdir, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, parse, relative, sep } from 'node:path';
import { isCode } from './object-files.ts';
import { guard } from './storage-error.ts';

/** Where taken files go, inside the drop folder. */
export const TAKEN = 'taken';
/** Where files are on their way, inside `taken/`: under their keys, because a longer name may be none. */
const MOVING = '.moving';
/** Of one name, in bytes; most file systems take no longer one. */
const LONGEST_NAME = 255;

/**
 * The folder `taken/` of a drop folder. A sender may put another file under the same name at any moment, so what is moved is looked at
 * after it was moved, and goes back when it is not the file that was stored.
 *
 * A file is set aside before anybody is told of it, and gets its name here after that: so what cannot leave the drop folder is not loaded, and
 * a kill leaves a file under its dropped name, aside or here. What has a link here and a dropped name was dropped again, by a
 * person or by a sender who publishes with links.
 */
export class TakenFolder {
  readonly #drops: string;
  readonly #path: string;
  readonly #moving: string;

  /** @param drops the drop folder, absolute */
  constructor(drops: string) {
    this.#drops = drops;
    this.#path = join(drops, TAKEN);
    this.#moving = join(this.#path, MOVING);
  }

  /**
   * Takes a file out of the drop folder, once there is room for it here.
   * @param file as it was stored
   * @returns false when it is no longer there, or another is, which goes back
   * @throws StorageError when it cannot be moved; then it is where it was
   */
  async setAside(key: string, file: BigIntStats): Promise<boolean> {
    const [path, aside] = [join(this.#drops, key), this.#aside(key)];
    await guard('write', this.#path, async () => {
      await mkdir(dirname(join(this.#path, key)), { recursive: true });
      await mkdir(dirname(aside), { recursive: true });
    });
    try {
      await guard('write', dirname(path), () => rename(path, aside));
    } catch (error) {
      await this.#tidy(key);
      // The sender has taken it back.
      if (!existsSync(path)) return false;
      throw error;
    }
    const stats = await guard('read', aside, () => lstat(aside, { bigint: true }));
    // Where there are no links, a file may have another number under another name.
    if (stats.size === file.size && stats.mtimeNs === file.mtimeNs) return true;
    await guard('write', this.#path, () => this.#putBack(key));
    return false;
  }

  /** Gives what was set aside its name here, never over another: a name that is there gets a number. @throws StorageError */
  async place(key: string): Promise<void> {
    await guard('write', this.#path, () => this.#place(key));
  }

  /**
   * Goes on with what a kill left on its way. What cannot be moved stays, and keeps no other waiting.
   * @param tell tells whom it concerns of a file that was stored; false for any other, which goes back
   * @returns the files that are still on their way, and why
   */
  async recover(
    tell: (key: string, stats: BigIntStats) => Promise<boolean>,
  ): Promise<{ key: string; error: unknown }[]> {
    const entries = await readdir(this.#moving, { recursive: true, withFileTypes: true }).catch(() => []);
    const left: { key: string; error: unknown }[] = [];
    for (const entry of entries.filter((each) => each.isFile())) {
      const key = join(relative(this.#moving, entry.parentPath), entry.name).split(sep).join('/');
      try {
        await guard('write', this.#path, () => this.#goOn(key, tell));
      } catch (error) {
        left.push({ key, error });
      }
    }
    return left;
  }

  async #goOn(key: string, tell: (key: string, stats: BigIntStats) => Promise<boolean>): Promise<void> {
    const stats = await lstat(this.#aside(key), { bigint: true });
    if (await this.#has(key, stats)) await this.#leave(key);
    else if (await tell(key, stats)) await this.#place(key);
    else await this.#putBack(key);
  }

  async #place(key: string): Promise<void> {
    const aside = this.#aside(key);
    for (const target of this.#names(key)) {
      if (existsSync(target)) continue;
      try {
        await link(aside, target);
      } catch (error) {
        if (isCode(error, 'EEXIST')) continue;
        // No hard links here. Nobody else writes into `taken/`, so having looked is enough.
        await rename(aside, target);
        return this.#tidy(key);
      }
      return this.#leave(key);
    }
  }

  /** Unless another has come under its name: then that is the newer one. */
  async #putBack(key: string): Promise<void> {
    const [path, aside] = [join(this.#drops, key), this.#aside(key)];
    await mkdir(dirname(path), { recursive: true });
    try {
      await link(aside, path);
    } catch (error) {
      if (!isCode(error, 'EEXIST') && !existsSync(path)) {
        await rename(aside, path);
        return this.#tidy(key);
      }
    }
    await this.#leave(key);
  }

  async #leave(key: string): Promise<void> {
    await unlink(this.#aside(key));
    await this.#tidy(key);
  }

  /** Removes the folders of a key that nothing is left in: a file may come under the name of one. */
  async #tidy(key: string): Promise<void> {
    try {
      for (let folder = dirname(this.#aside(key)); folder !== this.#path; folder = dirname(folder)) await rmdir(folder);
    } catch {
      // Something is in it still.
    }
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
    return join(this.#moving, key);
  }

  /** `taken/sales/drop.csv`, then `taken/sales/drop.2.csv` and so on, without end. */
  *#names(key: string): Generator<string> {
    const { dir, name, ext } = parse(join(this.#path, key));
    yield join(dir, `${name}${ext}`);
    for (let number = 2; ; number++) {
      const end = `.${number}${ext}`;
      yield join(dir, `${cut(name, LONGEST_NAME - Buffer.byteLength(end))}${end}`);
    }
  }
}

/** As many characters from the start as fit into `bytes`. */
function cut(name: string, bytes: number): string {
  let fits = name;
  while (Buffer.byteLength(fits) > bytes) fits = [...fits].slice(0, -1).join('');
  return fits;
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs;
}
