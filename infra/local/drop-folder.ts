import { type BigIntStats, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Logger, silentLogger } from '../../shared/observe/logger.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DataFolder } from './data-folder.ts';
import { DropWalk, type Reading, whatToDo } from './drop-walk.ts';
import { announceDrop, FileChangedError, fingerprintOf, storeDrop } from './put-drop.ts';
import { guardSync } from './storage-error.ts';
import { TakenFolder } from './taken-folder.ts';

export interface DropFolderOptions {
  log?: Logger;
  /** How long size and time of a file must not change before it is taken; default 5. */
  settleSeconds?: number;
  /** How often the folder is looked at; default 1. */
  lookSeconds?: number;
  /** Default: the file system's own. */
  reading?: Partial<Reading>;
}

/** How long a file that cannot be taken is left alone. */
const TROUBLE_MS = 30_000;

/** A file as it was at the last look. */
interface Sighting {
  fingerprint: string;
  /** when it was first seen like this (epoch ms) */
  since: number;
  /** not before this time (epoch ms) */
  notBefore: number;
  /** why it could not be taken, as it was told */
  told: string | undefined;
}

/**
 * Watches a folder as S3 watches a bucket: a file whose size and time have stood still becomes a drop under its relative path, then
 * moves to `taken/`. Hidden files, links and folders are left alone.
 *
 * A kill at any line loses nothing: the file stays where it is until the `drops` queue knows of it, and a file that was copied
 * before the kill is recognised, so that it becomes one run.
 */
export class DropFolder {
  readonly #path: string;
  readonly #folder: Pick<DataFolder, 'drops' | 'queues'>;
  readonly #clock: Clock;
  readonly #options: Required<Omit<DropFolderOptions, 'reading'>>;
  readonly #stop = new AbortController();
  #seen = new Map<string, Sighting>();
  #loop: Promise<void> | undefined;
  readonly #taken: TakenFolder;
  readonly #walk: DropWalk;
  #hasRecovered = false;

  /** Creates the folder where it is not there. @throws StorageError when that cannot be done */
  constructor(path: string, folder: Pick<DataFolder, 'drops' | 'queues' | 'clock'>, options: DropFolderOptions = {}) {
    this.#path = resolve(path);
    this.#folder = folder;
    this.#clock = folder.clock;
    this.#options = { log: silentLogger, settleSeconds: 5, lookSeconds: 1, ...options };
    guardSync('open', this.#path, () => mkdirSync(this.#path, { recursive: true }));
    this.#walk = new DropWalk(this.#path, this.#options.log, options.reading);
    this.#taken = new TakenFolder(this.#path);
  }

  /** Looks again and again until stopped. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the file that is being taken, if any, has been taken. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /**
   * Looks once, and takes every file that is ready.
   * @returns the keys of what was taken
   */
  async look(): Promise<string[]> {
    if (!this.#hasRecovered) await this.#taken.recover();
    this.#hasRecovered = true;
    const found = [...(await this.#walk.files())].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const taken: string[] = [];
    const before = this.#seen;
    this.#seen = new Map();
    for (const [key, stats] of found) {
      const sighting = this.#sighting(before.get(key), stats);
      this.#seen.set(key, sighting);
      if (this.#stop.signal.aborted || !this.#isReady(stats, sighting, before.get(key) === sighting)) continue;
      if (await this.#takeOrSayWhyNot(key, stats, sighting)) taken.push(key);
    }
    return taken;
  }

  async #run(): Promise<void> {
    const { log, lookSeconds } = this.#options;
    let told: string | undefined;
    while (!this.#stop.signal.aborted) {
      let trouble: string | undefined;
      try {
        await this.look();
      } catch (error) {
        trouble = whatToDo(error, this.#path);
        if (trouble !== told) log.error(trouble, { folder: this.#path });
      }
      told = trouble;
      await this.#clock.sleep(lookSeconds * 1000, this.#stop.signal);
    }
  }

  #sighting(before: Sighting | undefined, stats: BigIntStats): Sighting {
    const fingerprint = fingerprintOf(stats);
    if (before?.fingerprint === fingerprint) return before;
    return { fingerprint, since: this.#clock.now(), notBefore: 0, told: undefined };
  }

  /**
   * A file that was renamed into the folder is whole: its inode changed after its content did (a write changes both). It is taken when
   * it looks the same twice. Where a file system does not tell, the settling time decides.
   */
  #isReady(stats: BigIntStats, { since, notBefore }: Sighting, seenBefore: boolean): boolean {
    const now = this.#clock.now();
    if (now < notBefore) return false;
    const renamedIn = stats.ctimeMs - stats.mtimeMs >= 1000n;
    return now - since >= this.#options.settleSeconds * 1000 || (renamedIn && seenBefore);
  }

  async #takeOrSayWhyNot(key: string, stats: BigIntStats, sighting: Sighting): Promise<boolean> {
    try {
      if (!(await this.#take(key, stats))) return false;
      this.#seen.delete(key);
      this.#options.log.info(`Took ${key}`, { key, bytes: Number(stats.size) });
      return true;
    } catch (error) {
      if (error instanceof FileChangedError) return false;
      const reason = whatToDo(error, this.#path);
      if (reason !== sighting.told)
        this.#options.log.error(`${key} stays in the drop folder for now: ${reason}`, { key });
      sighting.told = reason;
      sighting.notBefore = this.#clock.now() + TROUBLE_MS;
      return false;
    }
  }

  /** @returns false when the file changed while it was copied: it is looked at again */
  async #take(key: string, stats: BigIntStats): Promise<boolean> {
    const { drops } = this.#folder;
    const path = join(this.#path, key);
    if (stats.nlink > 1n && (await this.#taken.has(key, stats))) {
      // Killed in the middle of moving it: everybody knows of it already.
      await this.#taken.remove(key, stats);
      return false;
    }
    const source = fingerprintOf(stats);
    // The run of this file is done, and has removed it from the bucket: nobody has to be told again.
    if (drops.removedTags(key)?.source === source) return this.#moved(key, stats);
    // The same file, copied before a kill: its version names the run, so it must not get another.
    const copied = drops.tags(key)?.source === source ? await drops.head(key) : undefined;
    const head = copied ?? (await storeDrop(drops, { path, key }, { tags: { source }, asSeen: source }));
    const now = await this.#walk.stats(key);
    if (now === undefined || fingerprintOf(now) !== source) return false;
    // Once it is announced it has to move, or it would be announced again and again.
    await this.#taken.makeRoom(key);
    await announceDrop(this.#folder, head);
    return this.#moved(key, stats);
  }

  async #moved(key: string, stats: BigIntStats): Promise<true> {
    await this.#taken.move(key, stats);
    return true;
  }
}
