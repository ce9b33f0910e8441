import { type BigIntStats, existsSync } from 'node:fs';
import { link, lstat, mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, parse, relative } from 'node:path';
import { isCode } from './object-files.ts';
import { guard } from './storage-error.ts';

/** Where taken files go, inside the drop folder. */
export const TAKEN = 'taken';
/** A file on its way; nobody else gives such a name. */
const ASIDE = /^\.(.+)\.moving$/;

/**
 * The folder `taken/` of a drop folder. A sender may put another file under the same name at any moment, so what is moved is looked at
 * after it was moved, and goes back when it is not the file that was taken: nobody has stored that yet.
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
    await guard('write', this.#path, () => mkdir(dirname(join(this.#path, key)), { recursive: true }));
  }

  /** Moves a file that was taken, never over another: a name that is there gets a number. @param file as it was taken */
  async move(key: string, file: BigIntStats): Promise<void> {
    await this.makeRoom(key);
    await guard('write', this.#path, () => this.#move(key, file));
  }

  /** Whether the file is there already: a kill came before it was removed from where it was dropped. */
  async has(key: string, file: BigIntStats): Promise<boolean> {
    for (const target of this.#names(key)) {
      const stats = await lstat(target, { bigint: true }).catch(() => undefined);
      if (stats === undefined) return false;
      if (isSame(stats, file)) return true;
    }
    return false;
  }

  /** Removes a dropped file that is in the folder, unless another has come under its name. */
  async remove(key: string, file: BigIntStats): Promise<void> {
    const path = join(this.#drops, key);
    const aside = join(this.#path, dirname(key), `.${basename(key)}.moving`);
    await this.makeRoom(key);
    await rename(path, aside).catch(ignore('ENOENT'));
    const moved = await lstat(aside, { bigint: true }).catch(() => undefined);
    if (moved === undefined) return;
    if (!isSame(moved, file)) await link(aside, path).catch(ignore('EEXIST'));
    await unlink(aside);
  }

  /** Puts back what a kill left on its way. To be called before anything is taken. */
  async recover(): Promise<void> {
    const entries = await readdir(this.#path, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = ASIDE.exec(entry.name)?.[1];
      if (!entry.isFile() || name === undefined) continue;
      const aside = join(entry.parentPath, entry.name);
      const key = join(relative(this.#path, entry.parentPath), name);
      const stats = await lstat(aside, { bigint: true });
      if (!(await this.has(key, stats))) await link(aside, join(this.#drops, key)).catch(ignore('EEXIST'));
      await unlink(aside);
    }
  }

  async #move(key: string, file: BigIntStats): Promise<void> {
    const path = join(this.#drops, key);
    for (const target of this.#names(key)) {
      if (existsSync(target)) continue;
      try {
        await link(path, target);
      } catch (error) {
        if (isCode(error, 'EEXIST')) continue;
        if (isCode(error, 'ENOENT')) return;
        // No hard links here. Nobody else writes into `taken/`, so having looked is enough.
        await rename(path, target);
        // Where there are no links, a file may have another number under another name.
        const { size, mtimeNs } = await lstat(target, { bigint: true });
        const isOurs = size === file.size && mtimeNs === file.mtimeNs;
        // One that was put there meanwhile is still to be taken, unless the next stands in its place already.
        if (!isOurs && !existsSync(path)) await rename(target, path);
        return;
      }
      if (isSame(await lstat(target, { bigint: true }), file)) await this.remove(key, file);
      else await unlink(target);
      return;
    }
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

function ignore(code: string): (error: unknown) => void {
  return (error) => {
    if (!isCode(error, code)) throw error;
  };
}
