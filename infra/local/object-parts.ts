import { createHash } from 'node:crypto';
import { chmodSync, closeSync, constants, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../shared/ports/clock.ts';
import { type KeptPart, type PartedWrite, PartsGoneError, type WriteOptions } from '../../shared/ports/store.ts';
import { type IncomingFile, isCode, syncFolder } from './object-files.ts';
import type { ObjectIndex } from './object-index.ts';
import { guard, guardSync } from './storage-error.ts';

/** How long a write in parts may be under way; as long as the state bucket on AWS keeps one. */
const UNDER_WAY_MS = 7 * 86_400_000;

/**
 * Objects that are written in parts, by one process after the other: one file each under `parts/`, into which a part is written where
 * it belongs, and a line in the index. A line without a file, or a file without a line, is a write that is gone.
 */
export class ObjectParts {
  readonly #folder: string;
  readonly #index: ObjectIndex;
  readonly #clock: Clock;
  readonly #bucket: string;

  constructor(folder: string, { index, clock, bucket }: { index: ObjectIndex; clock: Clock; bucket: string }) {
    this.#folder = join(folder, 'parts');
    this.#index = index;
    this.#clock = clock;
    this.#bucket = bucket;
    guardSync('open', this.#folder, () => mkdirSync(this.#folder, { recursive: true }));
  }

  begin(write: PartedWrite, options: WriteOptions): void {
    const path = this.#path(write);
    guardSync('write', path, () => {
      closeSync(openSync(path, 'wx', 0o600));
      syncFolder(this.#folder);
      this.#index.beginParted(write.writeId, write.key, this.#clock.now(), options);
    });
  }

  /** Flushed to the disk when it returns. */
  async put(
    write: PartedWrite,
    { number, start }: { number: number; start: number },
    body: Uint8Array,
  ): Promise<KeptPart> {
    this.options(write);
    await this.#open(write, async (file) => {
      for (let done = 0; done < body.byteLength; ) {
        done += (await file.write(body, done, body.byteLength - done, start + done)).bytesWritten;
      }
    });
    return { number, bytes: body.byteLength, etag: quotedHash(body) };
  }

  /** The whole file, ended where its parts end: behind the last one a part may stand that nobody recorded. */
  async end(write: PartedWrite, parts: readonly KeptPart[]): Promise<IncomingFile> {
    this.options(write);
    const path = this.#path(write);
    const size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    await this.#open(write, async (file) => {
      if ((await file.stat()).size < size) throw new PartsGoneError(this.#bucket, write);
      await file.truncate(size);
    });
    guardSync('write', path, () => chmodSync(path, 0o444));
    // As with S3, of the parts and not of the whole: two gigabytes are not read again for it.
    return { path, size, etag: quotedHash(parts.map((part) => part.etag).join()) };
  }

  /** @throws PartsGoneError when it is not under way */
  options(write: PartedWrite): WriteOptions {
    const found = guardSync('read', this.#folder, () => this.#index.findParted(write.writeId));
    if (found === undefined) throw new PartsGoneError(this.#bucket, write);
    return found;
  }

  /** Removes its line. Call inside a transaction. */
  forget({ writeId }: PartedWrite): void {
    this.#index.removeParted(writeId);
  }

  discard(write: PartedWrite): void {
    rmSync(this.#path(write), { force: true });
  }

  /** Removes what has been under way for too long, and what a killed process left. Call inside a transaction. */
  sweep(): number {
    this.#index.forgetParted(this.#clock.now() - UNDER_WAY_MS);
    const gone = readdirSync(this.#folder).filter((writeId) => this.#index.findParted(writeId) === undefined);
    for (const writeId of gone) rmSync(join(this.#folder, writeId), { force: true });
    return gone.length;
  }

  #path({ writeId }: PartedWrite): string {
    return join(this.#folder, writeId);
  }

  /** Never creates the file: where it is gone, the parts before are gone with it. */
  async #open(write: PartedWrite, act: (file: FileHandle) => Promise<void>): Promise<void> {
    const path = this.#path(write);
    await guard('write', path, async () => {
      const file = await open(path, constants.O_RDWR).catch((error: unknown) => {
        throw isCode(error, 'ENOENT') ? new PartsGoneError(this.#bucket, write, { cause: error }) : error;
      });
      try {
        await act(file);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }
}

function quotedHash(content: Uint8Array | string): string {
  return `"${createHash('sha256').update(content).digest('hex').slice(0, 32)}"`;
}
