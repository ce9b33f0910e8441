import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../../shared/ports/clock.ts';
import { checkKey, checkRange } from '../../shared/ports/object-key.ts';
import {
  type ByteRange,
  type ConditionalWrite,
  type KeptPart,
  type ListedObject,
  ObjectGoneError,
  type ObjectHead,
  type PartedWrite,
  type Store,
  type StoredObject,
  tagsWith,
  type WriteOptions,
} from '../../shared/ports/store.ts';
import { transaction } from './database.ts';
import { type IncomingFile, isCode, ObjectFiles } from './object-files.ts';
import { ObjectIndex, type OldVersion } from './object-index.ts';
import { ObjectParts } from './object-parts.ts';
import { guard, guardSync, StorageError } from './storage-error.ts';

export interface FileStoreOptions {
  bucket: string;
  clock: Clock;
  /** How many versions of a key are kept; all of them when left out. */
  keepVersions?: number;
}

type Condition = (current: ObjectHead | undefined) => boolean;

const PAGE = 500;

/**
 * A bucket in a folder: versioned objects with conditional writes, as S3 has them, safe against a kill at any instruction
 * and against other processes that use the same folder.
 *
 * `current/<key>` holds the exact bytes of every current object, read-only, for a person to open.
 */
export class FileStore implements Store, Disposable {
  readonly bucket: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #keepVersions: number;
  readonly #files: ObjectFiles;
  readonly #index: ObjectIndex;
  readonly #parts: ObjectParts;

  /** @throws StorageError when the folder cannot be created, read or written */
  constructor(folder: string, options: FileStoreOptions) {
    this.bucket = options.bucket;
    this.#folder = resolve(folder);
    this.#clock = options.clock;
    this.#keepVersions = options.keepVersions ?? Number.MAX_SAFE_INTEGER;
    this.#files = guardSync('open', this.#folder, () => {
      mkdirSync(this.#folder, { recursive: true });
      return new ObjectFiles(this.#folder);
    });
    this.#index = new ObjectIndex(join(this.#folder, 'index.sqlite'));
    this.#parts = new ObjectParts(this.#folder, { index: this.#index, clock: this.#clock, bucket: this.bucket });
  }

  address(key: string): string {
    checkKey(key);
    return this.#files.view(key);
  }

  async head(key: string, versionId?: string): Promise<ObjectHead | undefined> {
    checkKey(key);
    return this.#find(key, versionId);
  }

  async get(key: string, versionId?: string): Promise<StoredObject | undefined> {
    checkKey(key);
    return this.#reading(key, versionId, async (head, file) => ({ ...head, body: await file.readFile() }));
  }

  async getRange(key: string, range: ByteRange, versionId?: string): Promise<Uint8Array> {
    checkKey(key);
    checkRange(range);
    const bytes = await this.#reading(key, versionId, async (head, file) => {
      const body = Buffer.allocUnsafeSlow(Math.max(0, Math.min(range.end, head.size) - range.start));
      let filled = 0;
      while (filled < body.length) {
        const { bytesRead } = await file.read(body, filled, body.length - filled, range.start + filled);
        if (bytesRead === 0) throw new StorageError(this.address(key), `${this.address(key)} was cut short by hand.`);
        filled += bytesRead;
      }
      return body;
    });
    if (bytes === undefined) throw new ObjectGoneError(this.bucket, key, versionId);
    return bytes;
  }

  async create(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<ConditionalWrite> {
    return this.#writeIf(key, body, options, (current) => current === undefined);
  }

  async replace(
    key: string,
    body: Uint8Array | string,
    etag: string,
    options?: WriteOptions,
  ): Promise<ConditionalWrite> {
    return this.#writeIf(key, body, options, (current) => current?.etag === etag);
  }

  async put(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<ObjectHead> {
    return this.putStream(key, once(body), options);
  }

  async putStream(
    key: string,
    body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: WriteOptions,
  ): Promise<ObjectHead> {
    checkKey(key);
    const head = this.#commit(key, await this.#files.receive(body), options);
    if (head === undefined) throw new Error('An unconditional write was refused');
    return head;
  }

  async beginParts(key: string, options: WriteOptions = {}): Promise<PartedWrite> {
    checkKey(key);
    const write = { key, writeId: newId() };
    this.#parts.begin(write, options);
    return write;
  }

  putPart(write: PartedWrite, part: { number: number; start: number }, body: Uint8Array): Promise<KeptPart> {
    return this.#parts.put(write, part, body);
  }

  async completeParts(write: PartedWrite, parts: readonly KeptPart[]): Promise<ObjectHead> {
    const whole = await this.#parts.end(write, parts);
    return this.#add(write.key, () => {
      const options = this.#parts.options(write);
      this.#parts.forget(write);
      return this.#keep(write.key, whole, options);
    });
  }

  async abandonParts(write: PartedWrite): Promise<void> {
    this.#change(() => this.#parts.forget(write));
    this.#parts.discard(write);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.#change(() => {
      this.#index.removeCurrent(key);
      this.#files.hide(key);
    });
  }

  async deleteVersion(key: string, versionId: string): Promise<void> {
    checkKey(key);
    this.#change(() => {
      const current = this.#index.removeVersion(key, versionId);
      if (current === null) this.#files.hide(key);
      else if (current !== undefined) this.#files.show(key, current);
    });
    this.#files.discard(this.#files.object(versionId));
  }

  async tag(key: string, versionId: string, tags: Readonly<Record<string, string>>): Promise<boolean> {
    checkKey(key);
    return this.#change(() => {
      const found = this.#index.version(key, versionId);
      const together = tagsWith(found?.tags ?? {}, tags);
      if (found === undefined || together === undefined) return false;
      this.#index.setTags(key, versionId, together);
      return true;
    });
  }

  async copy(
    from: { key: string; versionId: string },
    to: string,
    tags: Readonly<Record<string, string>> = {},
  ): Promise<ObjectHead | undefined> {
    checkKey(from.key);
    checkKey(to);
    const found = guardSync('read', this.#folder, () => this.#index.version(from.key, from.versionId));
    if (found === undefined) return undefined;
    const { size, etag, contentType } = found;
    const path = guardSync('write', this.#folder, () => this.#files.link(from.versionId));
    const options = { tags: tagsWith(found.tags, tags) ?? found.tags };
    return this.#commit(
      to,
      { path, size, etag },
      { ...options, ...(contentType === undefined ? {} : { contentType }) },
    );
  }

  async *list(prefix: string, options: { startAfter?: string } = {}): AsyncGenerator<ListedObject> {
    let after = options.startAfter !== undefined && options.startAfter !== '' ? options.startAfter : undefined;
    // Keys with a prefix stand together, from the prefix itself on; a start before it changes nothing.
    if (after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0) after = undefined;
    for (;;) {
      const page = guardSync('read', this.#folder, () => this.#index.page(prefix, after, PAGE));
      for (const head of page) {
        if (!head.key.startsWith(prefix)) return;
        yield head;
      }
      after = page.at(-1)?.key;
      if (after === undefined || page.length < PAGE) return;
    }
  }

  /** The tags of the current object; `undefined` when there is none. */
  tags(key: string): Record<string, string> | undefined {
    return this.#index.tags(key);
  }

  /** The tags of the version of `key` that was removed last; `undefined` when none ever was. */
  removedTags(key: string): Record<string, string> | undefined {
    return this.#index.removedTags(key);
  }

  /**
   * Removes what killed processes left behind and shows every current object under its readable name again. For the start
   * of the engine; other processes may be writing meanwhile.
   * @returns how many leftovers were removed
   */
  async sweep(): Promise<number> {
    const swept = this.#change(
      () => this.#parts.sweep() + this.#files.sweep((versionId) => this.#index.hasVersion(versionId)),
    );
    for await (const { key } of this.list('')) {
      const versionId = this.#find(key)?.versionId;
      if (versionId === undefined || this.#files.shows(key, versionId)) continue;
      this.#change(() => {
        if (this.#index.find(key)?.versionId === versionId) this.#files.show(key, versionId);
      });
    }
    return swept;
  }

  /**
   * Removes versions for good that were written before `before` (ISO 8601) and that `mayGo`. Where it was the current one, nothing
   * is current any more; what it had replaced goes with the next call.
   * @returns how many
   */
  async expire(before: string, mayGo: (version: OldVersion) => boolean): Promise<number> {
    let removed = 0;
    for (let after = 0; ; ) {
      const page = guardSync('read', this.#folder, () => this.#index.old(before, after, PAGE));
      for (const version of page.filter(mayGo)) {
        const { key, versionId, isCurrent } = version;
        const isGone = this.#change(() => {
          // Another process may have written meanwhile, and the new version is not old.
          if ((this.#index.find(key)?.versionId === versionId) !== isCurrent) return false;
          this.#index.expire(version);
          if (isCurrent) this.#files.hide(key);
          return true;
        });
        if (!isGone) continue;
        this.#files.discard(this.#files.object(versionId));
        removed++;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return removed;
      after = last.id;
    }
  }

  close(): void {
    this.#index.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #find(key: string, versionId?: string): ObjectHead | undefined {
    return guardSync('read', this.#folder, () => this.#index.find(key, versionId));
  }

  async #reading<T>(
    key: string,
    versionId: string | undefined,
    read: (head: ObjectHead, file: FileHandle) => Promise<T>,
  ): Promise<T | undefined> {
    for (;;) {
      const head = this.#find(key, versionId);
      if (head === undefined) return undefined;
      const path = this.#files.object(head.versionId);
      let file: FileHandle;
      try {
        file = await open(path, 'r');
      } catch (error) {
        // Replaced so often meanwhile that this version is no longer kept: read the newer one.
        if (isCode(error, 'ENOENT') && this.#find(key, head.versionId) === undefined) continue;
        return guard('read', path, () => Promise.reject(error));
      }
      try {
        return await guard('read', path, () => read(head, file));
      } finally {
        await file.close();
      }
    }
  }

  async #writeIf(
    key: string,
    body: Uint8Array | string,
    options: WriteOptions | undefined,
    condition: Condition,
  ): Promise<ConditionalWrite> {
    checkKey(key);
    if (!condition(this.#find(key))) return { written: false };
    const head = this.#commit(key, await this.#files.receive(once(body)), options, condition);
    return head === undefined ? { written: false } : { written: true, etag: head.etag, versionId: head.versionId };
  }

  /** The moment an object comes into being: one transaction, so that nobody sees half of it. */
  #commit(
    key: string,
    incoming: IncomingFile,
    options: WriteOptions = {},
    condition?: Condition,
  ): ObjectHead | undefined {
    try {
      return this.#add(key, () => {
        if (condition !== undefined && !condition(this.#index.find(key))) return undefined;
        return this.#keep(key, incoming, options);
      });
    } finally {
      this.#files.discard(incoming.path);
    }
  }

  /** Call inside a transaction. */
  #keep(key: string, incoming: IncomingFile, { contentType, tags = {} }: WriteOptions): ObjectHead {
    const { size, etag } = incoming;
    const versionId = newId();
    const head = { key, size, etag, versionId, lastModified: new Date(this.#clock.now()).toISOString() };
    this.#files.keep(incoming, versionId);
    this.#index.add({ ...head, tags, ...(contentType === undefined ? {} : { contentType }) });
    this.#files.show(key, versionId);
    return head;
  }

  /** One transaction that adds a version, and then the end of those that are too many. */
  #add<Head extends ObjectHead | undefined>(key: string, act: () => Head): Head {
    const { head, pruned } = this.#change(() => {
      const head = act();
      return { head, pruned: head === undefined ? [] : this.#index.prune(key, this.#keepVersions) };
    });
    for (const version of pruned) this.#files.discard(this.#files.object(version));
    return head;
  }

  #change<T>(act: () => T): T {
    return guardSync('write', this.#folder, () => transaction(this.#index.database, act));
  }
}

function once(body: Uint8Array | string): Uint8Array[] {
  return [typeof body === 'string' ? Buffer.from(body) : body];
}

function newId(): string {
  return randomUUID().replaceAll('-', '');
}
