import { type BigIntStats, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Logger, silentLogger } from '../../shared/observe/logger.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DataFolder } from './data-folder.ts';
import { lockDropFolder } from './drop-folder-lock.ts';
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
  /** the look at which it was first seen like this, counted from 1 */
  look: number;
  /** when that was (epoch ms) */
  since: number;
  /** not before this time (epoch ms) */
  notBefore: number;
  /** why it could not be taken, as it was told */
  told: string | undefined;
}

interface Found {
  key: string;
  stats: BigIntStats;
  sighting: Sighting;
}

/**
 * Watches a folder as S3 watches a bucket: a file whose size and time have stood still becomes a drop under its relative path, then
 * moves to `taken/`. Files are taken in the order in which they came. Hidden files, links and folders are left alone.
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
  readonly #walk: DropWalk;
  readonly #taken: TakenFolder;
  #seen = new Map<string, Sighting>();
  #looks = 0;
  #loop: Promise<void> | undefined;
  #unlock: (() => void) | undefined;
  /** Whether something may still be on its way to `taken/`: left by a kill, by an error, or being moved just now. */
  #mayBeOnTheWay = true;
  /** What was said of files that are on their way to `taken/`. */
  readonly #toldOfMove = new Map<string, string>();
  /** epoch ms */
  #lastStored: number | undefined;

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

  /** Locks the folder, and looks again and again until stopped. @throws StorageError when another plandrop watches it */
  async start(): Promise<void> {
    this.#unlock ??= await lockDropFolder(this.#path, { log: this.#options.log, clock: this.#clock });
    this.#loop ??= this.#run();
  }

  /** Resolves when the file that is being taken, if any, has been taken. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    this.#unlock?.();
  }

  /**
   * Looks once, and takes every file that is ready.
   * @returns the keys of what was taken
   */
  async look(): Promise<string[]> {
    await this.#recover();
    const taken: string[] = [];
    let isOneSettling = false;
    for (const found of await this.#found()) {
      if (this.#clock.now() < found.sighting.notBefore) continue;
      if (!this.#hasSettled(found) && (isOneSettling || !this.#isKnownToBeWhole(found))) {
        isOneSettling = true;
        continue;
      }
      await this.#nextMillisecond();
      if (this.#stop.signal.aborted) break;
      if (await this.#takeOrSayWhyNot(found)) taken.push(found.key);
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

  /** What is there, in the order in which it came. */
  async #found(): Promise<Found[]> {
    const files = await this.#files();
    this.#looks++;
    const found = [...files].map(([key, stats]) => ({ key, stats, sighting: this.#sighting(key, stats) }));
    this.#seen = new Map(found.map(({ key, sighting }) => [key, sighting]));
    return found.toSorted(byArrival);
  }

  /**
   * One file may be seen where another, that came just before it, is not: in a folder that had been read already. So new files are
   * looked for twice, and those that came after all new ones of the first time are left to the next look.
   */
  async #files(): Promise<Map<string, BigIntStats>> {
    const files = await this.#walk.files();
    let last: bigint | undefined;
    for (const [key, stats] of files) {
      if (this.#isNew(key, stats) && stats.ctimeNs > (last ?? 0n)) last = stats.ctimeNs;
    }
    if (last === undefined) return files;
    const again = await this.#walk.files();
    for (const [key, stats] of again) {
      if (this.#isNew(key, stats) && stats.ctimeNs > last) again.delete(key);
    }
    return again;
  }

  #isNew(key: string, stats: BigIntStats): boolean {
    return this.#seen.get(key)?.fingerprint !== fingerprintOf(stats);
  }

  #sighting(key: string, stats: BigIntStats): Sighting {
    const before = this.#seen.get(key);
    const fingerprint = fingerprintOf(stats);
    if (before?.fingerprint === fingerprint) return before;
    return { fingerprint, look: this.#looks, since: this.#clock.now(), notBefore: 0, told: undefined };
  }

  #hasSettled({ sighting }: Found): boolean {
    return this.#clock.now() - sighting.since >= this.#options.settleSeconds * 1000;
  }

  /**
   * A file that was renamed into the folder is whole: its inode changed after its content did (a write changes both). It has to look
   * the same twice. Where a file system does not tell, the settling time decides.
   */
  #isKnownToBeWhole({ stats, sighting }: Found): boolean {
    return stats.ctimeMs - stats.mtimeMs >= 1000n && sighting.look < this.#looks;
  }

  /** The tickets of a lane stand in the order of the milliseconds in which drops were stored, so no two are stored in one. */
  async #nextMillisecond(): Promise<void> {
    while (this.#clock.now() === this.#lastStored && !this.#stop.signal.aborted)
      await this.#clock.sleep(1, this.#stop.signal);
  }

  async #takeOrSayWhyNot({ key, stats, sighting }: Found): Promise<boolean> {
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
    const source = fingerprintOf(stats);
    // The run of this file is done, and has removed it from the bucket: nobody has to be told again.
    if (drops.removedTags(key)?.source === source) {
      if (await this.#taken.setAside(key, stats)) await this.#taken.place(key);
      return true;
    }
    // The same file, copied before a kill: its version names the run, so it must not get another.
    const copied = drops.tags(key)?.source === source ? await drops.head(key) : undefined;
    const head = copied ?? (await storeDrop(drops, { path, key }, { tags: { source }, asSeen: source }));
    this.#lastStored = Date.parse(head.lastModified);
    const now = await this.#walk.stats(key);
    if (now === undefined || fingerprintOf(now) !== source) return false;
    // Before it is announced: what could not move would be announced again and again.
    if (!(await this.#taken.setAside(key, stats))) return false;
    const wereOthers = this.#mayBeOnTheWay;
    this.#mayBeOnTheWay = true;
    await announceDrop(this.#folder, head);
    await this.#taken.place(key);
    this.#mayBeOnTheWay = wereOthers;
    return true;
  }

  /** Goes on with what a kill, or an error after it was set aside, left on its way; says once of each why it stays there. */
  async #recover(): Promise<void> {
    if (!this.#mayBeOnTheWay) return;
    const left = await this.#taken.recover((key, stats) => this.#tellStored(key, stats));
    for (const { key, error } of left) {
      const message = `${key} was taken, and cannot be moved to its place in taken/ yet: ${whatToDo(error, this.#path)}`;
      if (this.#toldOfMove.get(key) !== message) this.#options.log.error(message, { key });
      this.#toldOfMove.set(key, message);
    }
    this.#mayBeOnTheWay = left.length > 0;
    if (left.length === 0) this.#toldOfMove.clear();
  }

  /** @returns false where the file was not stored, and nobody can be told of it */
  async #tellStored(key: string, stats: BigIntStats): Promise<boolean> {
    const { drops } = this.#folder;
    if (isStoredAs(drops.removedTags(key), stats)) return true;
    if (!isStoredAs(drops.tags(key), stats)) return false;
    const head = await drops.head(key);
    // It was told of perhaps before; twice makes one run.
    if (head !== undefined) await announceDrop(this.#folder, head);
    return true;
  }
}

/** Moving a file has changed its change time, and its numbers in places. */
function isStoredAs(tags: Readonly<Record<string, string>> | undefined, { size, mtimeNs }: BigIntStats): boolean {
  const [, , storedSize, storedMtimeNs] = tags?.source?.split('-') ?? [];
  return storedSize === String(size) && storedMtimeNs === String(mtimeNs);
}

/**
 * By the look at which they were first seen, then by their change times, as an inode changes when a file is written, copied with its
 * old time, renamed in or linked; then by key. A folder that is moved in keeps the change times of its files.
 */
function byArrival(a: Found, b: Found): number {
  if (a.sighting.look !== b.sighting.look) return a.sighting.look - b.sighting.look;
  if (a.stats.ctimeNs !== b.stats.ctimeNs) return a.stats.ctimeNs < b.stats.ctimeNs ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}
