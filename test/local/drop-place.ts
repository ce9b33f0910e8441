import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readS3Message } from '../../functions/receive-drop/s3-event.ts';
import { type DataFolder, joinDataFolder } from '../../infra/local/data-folder.ts';
import { DropFolder } from '../../infra/local/drop-folder.ts';
import type { Reading } from '../../infra/local/drop-walk.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';

/** A drop folder that nobody has used yet, its data folder beside it, and a clock that stands. */
export class DropPlace implements AsyncDisposable {
  /** The folder of both, for files that are on their way. */
  readonly parent: string;
  readonly drops: string;
  readonly clock = new ManualClock();
  readonly folder: DataFolder;
  /** The errors that were logged. */
  readonly said: string[] = [];
  readonly log = { ...silentLogger, error: (message: string) => void this.said.push(message) };

  private constructor(parent: string) {
    this.parent = parent;
    this.drops = join(parent, 'drops');
    this.folder = joinDataFolder(join(parent, 'data'), { clock: this.clock });
  }

  static async build(): Promise<DropPlace> {
    return new DropPlace(await mkdtemp(join(tmpdir(), 'plandrop-drops-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.folder.close();
    await rm(this.parent, { recursive: true });
  }

  watch(reading: Partial<Reading> = {}): DropFolder {
    return new DropFolder(this.drops, this.folder, { log: this.log, reading });
  }

  /** One whose announcements go through `send`, which may die before it sends, or after. */
  watchSending(send: (reallySend: () => Promise<void>) => Promise<void>): DropFolder {
    const { queues } = this.folder;
    const sends = {
      send: (...args: Parameters<typeof queues.send>) => send(() => queues.send(...args)),
    };
    return new DropFolder(this.drops, { ...this.folder, queues: Object.assign(Object.create(queues), sends) });
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.drops, name)), { recursive: true });
    await writeFile(join(this.drops, name), text);
  }

  /** Does `act` again until the change time of `name` is later than that of `than`: file systems count in ticks of some milliseconds. */
  async later(than: string, name: string, act: () => Promise<void>): Promise<void> {
    const changedAt = async (of: string) => (await lstat(join(this.drops, of), { bigint: true })).ctimeNs;
    do await act();
    while ((await changedAt(name)) <= (await changedAt(than)));
  }

  /** Looks, and once more when whatever has not changed since is taken. @returns what was taken then */
  async lookTwice(watched: DropFolder): Promise<string[]> {
    await watched.look();
    await this.clock.advance(5000);
    return watched.look();
  }

  /** Looks while time goes by, as two files are never stored in one millisecond. */
  async lookInTime(watched: DropFolder): Promise<string[]> {
    let isDone = false;
    const looking = watched.look().finally(() => {
      isDone = true;
    });
    while (!isDone) await this.clock.advance(1);
    return looking;
  }

  async files(): Promise<string[]> {
    return (await readdir(this.drops, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.drops.length + 1))
      .toSorted();
  }

  announced(): string[] {
    return this.folder.queues.peek('drops').map(({ body }) => body);
  }

  announcedKeys(): (string | undefined)[] {
    return this.announced().map((body) => {
      const message = readS3Message(body);
      return message.kind === 'created' ? message.objects[0]?.key : message.because;
    });
  }
}
