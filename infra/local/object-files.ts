import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { guard } from './storage-error.ts';
import { viewPath } from './view-path.ts';

/** Bytes that are on disk but not yet an object. */
export interface IncomingFile {
  path: string;
  /** bytes */
  size: number;
  /** as S3 quotes it; of the content, so that equal bytes have equal ETags, as with S3 */
  etag: string;
}

/**
 * The files of a store: `incoming/` while they are written, `objects/` one immutable file per version, and `current/`
 * the same files again (hard links) under names a person recognises.
 */
export class ObjectFiles {
  readonly #incoming: string;
  readonly #objects: string;
  readonly #current: string;
  readonly #shards = new Set<string>();

  constructor(folder: string) {
    this.#incoming = join(folder, 'incoming');
    this.#objects = join(folder, 'objects');
    this.#current = join(folder, 'current');
    for (const path of [this.#incoming, this.#objects, this.#current]) mkdirSync(path, { recursive: true });
  }

  object(versionId: string): string {
    return join(this.#objects, versionId.slice(0, 2), versionId);
  }

  view(key: string): string {
    return join(this.#current, viewPath(key));
  }

  /** Writes `body` to a file of its own and flushes it to the disk, in constant memory. */
  async receive(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<IncomingFile> {
    const path = this.#incomingPath();
    const hash = createHash('sha256');
    let size = 0;
    try {
      // Read-only: an object never changes, and a hard link in `current/` opened in an editor must not change it.
      const file = await guard('write', path, () => open(path, 'wx', 0o444));
      try {
        for await (const piece of body) {
          hash.update(piece);
          size += piece.byteLength;
          await guard('write', path, () => file.writeFile(piece));
        }
        await guard('write', path, () => file.sync());
      } finally {
        await file.close();
      }
    } catch (error) {
      this.discard(path);
      throw error;
    }
    return { path, size, etag: `"${hash.digest('hex').slice(0, 32)}"` };
  }

  /** The bytes of a version once more, as an incoming file; where the file system has hard links, without copying them. */
  link(versionId: string): string {
    const path = this.#incomingPath();
    linkOrCopy(this.object(versionId), path);
    return path;
  }

  /** Moves an incoming file to its place as a version, durably. */
  keep(incoming: IncomingFile, versionId: string): void {
    const path = this.object(versionId);
    const shard = dirname(path);
    if (!this.#shards.has(shard)) {
      mkdirSync(shard, { recursive: true });
      syncFolder(this.#objects);
      this.#shards.add(shard);
    }
    renameSync(incoming.path, path);
    syncFolder(shard);
  }

  /** Shows `versionId` as the current file of `key`. */
  show(key: string, versionId: string): void {
    const view = this.view(key);
    const link = this.#incomingPath();
    linkOrCopy(this.object(versionId), link);
    try {
      renameSync(link, view);
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
      mkdirSync(dirname(view), { recursive: true });
      renameSync(link, view);
    }
    // Renaming one link of a file onto another of the same file leaves both (POSIX).
    this.discard(link);
  }

  hide(key: string): void {
    rmSync(this.view(key), { force: true });
  }

  /** Whether `current/` shows this version (true also where hard links had to be copies of the same size). */
  shows(key: string, versionId: string): boolean {
    const [view, object] = [this.view(key), this.object(versionId)].map((path) =>
      statSync(path, { throwIfNoEntry: false }),
    );
    return view !== undefined && object !== undefined && (view.ino === object.ino || view.nlink === 1);
  }

  discard(path: string): void {
    rmSync(path, { force: true });
  }

  /** What a killed process left behind: incoming files of processes that are gone, and versions the index never heard of. */
  sweep(isKnown: (versionId: string) => boolean): number {
    let swept = 0;
    for (const name of readdirSync(this.#incoming)) {
      const pid = Number(name.split('-')[0]);
      if (pid !== process.pid && isAlive(pid)) continue;
      this.discard(join(this.#incoming, name));
      swept++;
    }
    for (const shard of readdirSync(this.#objects)) {
      for (const versionId of readdirSync(join(this.#objects, shard))) {
        if (isKnown(versionId)) continue;
        this.discard(join(this.#objects, shard, versionId));
        swept++;
      }
    }
    return swept;
  }

  #incomingPath(): string {
    return join(this.#incoming, `${process.pid}-${randomBytes(8).toString('hex')}`);
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/** A new name in a folder survives a power cut only when the folder itself is flushed; Windows neither needs nor allows it. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** File systems without hard links (exFAT, some network shares) get a copy. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].some((code) => isCode(error, code))) throw error;
    if (existsSync(from)) copyFileSync(from, to);
    else throw error;
  }
}
