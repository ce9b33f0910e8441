import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { checkKey, checkRange, compareKeys } from '../object-key.ts';
import {
  type ByteRange,
  type ConditionalWrite,
  type KeptPart,
  type ListedObject,
  NotAllowedError,
  ObjectGoneError,
  type ObjectHead,
  type PartedWrite,
  PartsGoneError,
  type Store,
  type StoredObject,
  tagsWith,
  type WriteOptions,
} from '../store.ts';
import { type Faults, InjectedFault } from './injected-fault.ts';

export interface StoreOperation {
  name:
    | 'head'
    | 'get'
    | 'getRange'
    | 'create'
    | 'replace'
    | 'put'
    | 'putStream'
    | 'beginParts'
    | 'putPart'
    | 'completeParts'
    | 'abandonParts'
    | 'delete'
    | 'deleteVersion'
    | 'tag'
    | 'copy'
    | 'list';
  /** the key; for `list` the prefix */
  key: string;
}

/**
 * - `fail`: throws before anything has happened.
 * - `lost-acknowledgement`: it happens, then throws: the caller cannot know.
 * - `lost-then-refused`: a conditional write happens, its answer is lost, and the SDK's own repetition meets a 412.
 * - `conflict`: a conditional write meets 409 until the adapter gives up; nothing is written, and it throws.
 * - `denied`: the bucket answers 403; nothing is done, and it throws NotAllowedError.
 */
export type StoreFault = 'fail' | 'lost-acknowledgement' | 'lost-then-refused' | 'conflict' | 'denied';

export interface MemoryStoreOptions {
  bucket: string;
  clock: Clock;
  faults?: Faults<StoreOperation, StoreFault>;
}

interface Version {
  head: ObjectHead;
  body: Uint8Array;
  tags: Readonly<Record<string, string>>;
  /** Its key was deleted after it was written, so it is never current again. */
  buried: boolean;
}

/** A bucket in memory with S3's semantics; deterministic, and it fails where it is told to. */
export class MemoryStore implements Store {
  readonly bucket: string;
  readonly #clock: Clock;
  readonly #versions = new Map<string, Version[]>();
  readonly #current = new Map<string, Version>();
  readonly #parted = new Map<string, { options: WriteOptions | undefined; parts: Map<number, Uint8Array> }>();
  #written = 0;
  #begun = 0;
  /** Set it anew at any time, for instance to make the weather calm. */
  faults: Faults<StoreOperation, StoreFault>;

  constructor(options: MemoryStoreOptions) {
    this.bucket = options.bucket;
    this.#clock = options.clock;
    this.faults = options.faults ?? (() => undefined);
  }

  address(key: string): string {
    return `memory://${this.bucket}/${key}`;
  }

  head(key: string, versionId?: string): Promise<ObjectHead | undefined> {
    return this.#do('head', key, () => this.#find(key, versionId)?.head);
  }

  get(key: string, versionId?: string): Promise<StoredObject | undefined> {
    return this.#do('get', key, () => {
      const found = this.#find(key, versionId);
      return found && { ...found.head, body: new Uint8Array(found.body) };
    });
  }

  getRange(key: string, range: ByteRange, versionId?: string): Promise<Uint8Array> {
    return this.#do('getRange', key, () => {
      checkRange(range);
      const found = this.#find(key, versionId);
      if (found === undefined) throw new ObjectGoneError(this.bucket, key, versionId);
      return new Uint8Array(found.body.subarray(range.start, range.end));
    });
  }

  create(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<ConditionalWrite> {
    return this.#writeIf('create', key, body, options, (current) => current === undefined);
  }

  replace(key: string, body: Uint8Array | string, etag: string, options?: WriteOptions): Promise<ConditionalWrite> {
    return this.#writeIf('replace', key, body, options, (current) => current?.head.etag === etag);
  }

  put(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<ObjectHead> {
    return this.#do('put', key, () => this.#write(key, body, options));
  }

  async putStream(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<ObjectHead> {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(new Uint8Array(piece));
    return this.#do('putStream', key, () => this.#write(key, Buffer.concat(pieces), options));
  }

  beginParts(key: string, options?: WriteOptions): Promise<PartedWrite> {
    return this.#do('beginParts', key, () => {
      const writeId = `w${++this.#begun}`;
      this.#parted.set(writeId, { options, parts: new Map() });
      return { key, writeId };
    });
  }

  putPart(write: PartedWrite, { number }: { number: number }, body: Uint8Array): Promise<KeptPart> {
    return this.#do('putPart', write.key, () => {
      this.#partsOf(write).parts.set(number, new Uint8Array(body));
      return { number, bytes: body.byteLength, etag: etagOf(body) };
    });
  }

  completeParts(write: PartedWrite, parts: readonly KeptPart[]): Promise<ObjectHead> {
    return this.#do('completeParts', write.key, () => {
      const kept = this.#partsOf(write);
      const bodies = parts.map(({ number, etag }) => {
        const body = kept.parts.get(number);
        if (body === undefined || etagOf(body) !== etag) throw new PartsGoneError(this.bucket, write);
        return body;
      });
      this.#parted.delete(write.writeId);
      return this.#write(write.key, Buffer.concat(bodies), kept.options);
    });
  }

  async abandonParts(write: PartedWrite): Promise<void> {
    await this.#do('abandonParts', write.key, () => this.#parted.delete(write.writeId));
  }

  #partsOf(write: PartedWrite) {
    const kept = this.#parted.get(write.writeId);
    if (kept === undefined) throw new PartsGoneError(this.bucket, write);
    return kept;
  }

  async delete(key: string): Promise<void> {
    await this.#do('delete', key, () => {
      this.#current.delete(key);
      for (const version of this.#versions.get(key) ?? []) version.buried = true;
    });
  }

  async deleteVersion(key: string, versionId: string): Promise<void> {
    await this.#do('deleteVersion', key, () => {
      const left = (this.#versions.get(key) ?? []).filter(({ head }) => head.versionId !== versionId);
      this.#versions.set(key, left);
      if (this.#current.get(key)?.head.versionId !== versionId) return;
      const before = left.findLast(({ buried }) => !buried);
      if (before === undefined) this.#current.delete(key);
      else this.#current.set(key, before);
    });
  }

  tag(key: string, versionId: string, tags: Readonly<Record<string, string>>): Promise<boolean> {
    return this.#do('tag', key, () => {
      const found = this.#find(key, versionId);
      const together = tagsWith(found?.tags ?? {}, tags);
      if (found === undefined || together === undefined) return false;
      found.tags = together;
      return true;
    });
  }

  copy(
    from: { key: string; versionId: string },
    to: string,
    tags: Readonly<Record<string, string>> = {},
  ): Promise<ObjectHead | undefined> {
    return this.#do('copy', to, () => {
      const found = this.#find(from.key, from.versionId);
      return found && this.#write(to, found.body, { tags: tagsWith(found.tags, tags) ?? found.tags });
    });
  }

  async *list(prefix: string, options: { startAfter?: string } = {}): AsyncGenerator<ListedObject> {
    const { startAfter = '' } = options;
    const found = await this.#do('list', prefix, () => {
      const listed: ListedObject[] = [];
      for (const [key, { head }] of this.#current) {
        if (!key.startsWith(prefix) || compareKeys(key, startAfter) <= 0) continue;
        const { versionId: _, ...told } = head;
        listed.push(told);
      }
      return listed.sort((a, b) => compareKeys(a.key, b.key));
    });
    yield* found;
  }

  /** The tags of the current object; `undefined` when there is none. */
  tags(key: string): Readonly<Record<string, string>> | undefined {
    return this.#current.get(key)?.tags;
  }

  /** Every key with a current object that starts with `prefix`, in order; for tests and invariants, untouched by faults. */
  keys(prefix = ''): string[] {
    return [...this.#current.keys()].filter((key) => key.startsWith(prefix)).toSorted(compareKeys);
  }

  /** Which version is current; for tests and invariants, untouched by faults. */
  versionId(key: string): string | undefined {
    return this.#current.get(key)?.head.versionId;
  }

  /** Whether a version can still be read; for tests and invariants, untouched by faults. */
  hasVersion(key: string, versionId: string): boolean {
    return this.#find(key, versionId) !== undefined;
  }

  /** The current object as text; for tests and invariants, untouched by faults. */
  text(key: string): string | undefined {
    const found = this.#current.get(key);
    return found && Buffer.from(found.body).toString();
  }

  async #do<T>(name: StoreOperation['name'], key: string, act: () => T): Promise<T> {
    if (name !== 'list') checkKey(key);
    const fault = await this.faults({ name, key });
    if (fault === 'fail' || fault === 'conflict') throw new InjectedFault(`${name} ${key}: ${fault}`);
    if (fault === 'denied') throw new NotAllowedError(`${name} ${key}: ${fault}`);
    const result = act();
    if (fault === 'lost-acknowledgement') throw new InjectedFault(`${name} ${key}: ${fault}`);
    return result;
  }

  async #writeIf(
    name: 'create' | 'replace',
    key: string,
    body: Uint8Array | string,
    options: WriteOptions | undefined,
    condition: (current: Version | undefined) => boolean,
  ): Promise<ConditionalWrite> {
    checkKey(key);
    const fault = await this.faults({ name, key });
    if (fault === 'fail' || fault === 'conflict') throw new InjectedFault(`${name} ${key}: ${fault}`);
    if (fault === 'denied') throw new NotAllowedError(`${name} ${key}: ${fault}`);
    const holds = condition(this.#current.get(key));
    const head = holds ? this.#write(key, body, options) : undefined;
    if (fault === 'lost-acknowledgement') throw new InjectedFault(`${name} ${key}: ${fault}`);
    if (head === undefined || fault === 'lost-then-refused') return { written: false };
    return { written: true, etag: head.etag, versionId: head.versionId };
  }

  #find(key: string, versionId?: string): Version | undefined {
    if (versionId === undefined) return this.#current.get(key);
    return this.#versions.get(key)?.find(({ head }) => head.versionId === versionId);
  }

  #write(key: string, content: Uint8Array | string, options: WriteOptions = {}): ObjectHead {
    const body = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
    const head: ObjectHead = {
      key,
      size: body.byteLength,
      // Of the content, as with S3: equal bytes have equal ETags, so a compare-and-swap cannot see A-B-A.
      etag: etagOf(body),
      versionId: `v${String(++this.#written).padStart(8, '0')}`,
      // In whole seconds, as S3 has it.
      lastModified: new Date(Math.floor(this.#clock.now() / 1000) * 1000).toISOString(),
    };
    const version = { head, body, tags: { ...options.tags }, buried: false };
    const versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, [version]);
    else versions.push(version);
    this.#current.set(key, version);
    return head;
  }
}

function etagOf(body: Uint8Array): string {
  return `"${hash('md5', body)}"`;
}
