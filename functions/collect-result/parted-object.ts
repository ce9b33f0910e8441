import {
  ENDED,
  type KeptPart,
  ObjectGoneError,
  type Store,
  type WriteOptions,
  type WrittenObject,
} from '../../shared/ports/store.ts';
import type { Download } from '../../shared/run/run.ts';

/** Two of them are in memory at a time. S3's limit of 10,000 parts then allows objects of 80 GB. */
const PART_BYTES = 8 * 1024 * 1024;

export interface PartedObjectOptions extends WriteOptions {
  /** where bytes that make no whole part yet are put aside */
  restKey: string;
  /** at least S3's own limit, unless a test wants it smaller */
  partBytes?: number;
}

/**
 * An object that is written piece by piece, in constant memory, and perhaps by one process after the other: `pause` tells what the next one
 * needs to go on. A part is made of whole pieces, as soon as there are enough of them: so its bytes are the same whoever writes it,
 * and two that write the same object at the same time do no harm. An object that fits into one part is written at once.
 */
export class PartedObject {
  readonly #store: Store;
  readonly #restKey: string;
  readonly #partBytes: number;
  readonly #options: WriteOptions;
  #download: Download;
  #buffered: Uint8Array[] = [];
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    store: Store,
    download: Download,
    { restKey, partBytes = PART_BYTES, ...options }: PartedObjectOptions,
  ) {
    this.#store = store;
    this.#download = download;
    this.#restKey = restKey;
    this.#partBytes = partBytes;
    this.#options = options;
  }

  /** @throws ObjectGoneError when what was put aside is no longer there */
  static async open(store: Store, download: Download, options: PartedObjectOptions): Promise<PartedObject> {
    const opened = new PartedObject(store, download, options);
    const { rest } = download;
    if (rest === null) return opened;
    const aside = await store.get(rest.key, rest.versionId);
    if (aside === undefined) throw new ObjectGoneError(store.bucket, rest.key, rest.versionId);
    opened.#buffered = [aside.body];
    return opened;
  }

  /** The next piece. Waits while the part before is still on its way. */
  async add(piece: Uint8Array): Promise<void> {
    this.#buffered.push(piece);
    this.#download = { ...this.#download, chunksKept: this.#download.chunksKept + 1 };
    if (lengthOf(this.#buffered) >= this.#partBytes) await this.#send();
  }

  /** Puts aside what makes no whole part yet. @returns what the next process needs to go on */
  async pause(): Promise<Download> {
    await this.#sending;
    if (this.#buffered.length === 0) return { ...this.#download, rest: null };
    const body = joined(this.#buffered);
    // Nobody needs it once its run has ended, so it may expire.
    const key = this.#restKey;
    const { versionId } = await this.#store.put(key, body, { tags: ENDED });
    return { ...this.#download, rest: { key, versionId, bytes: body.byteLength } };
  }

  /** The object is whole: now everybody sees it. */
  async finish(): Promise<WrittenObject> {
    await this.#sending;
    const written = await this.#complete();
    if (this.#download.rest !== null) await this.#store.delete(this.#restKey);
    return written;
  }

  async #complete(): Promise<WrittenObject> {
    const { key, write } = this.#download;
    if (write === null) return this.#store.put(key, joined(this.#buffered), this.#options);
    const last = this.#buffered.length > 0 ? await this.#keep(joined(this.#buffered)) : write;
    return this.#store.completeParts({ key, writeId: last.writeId }, last.parts);
  }

  /** Hands the part on once the one before has arrived, and does not wait for it. After a failure everything fails: bytes are missing. */
  async #send(): Promise<void> {
    await this.#sending;
    const body = joined(this.#buffered);
    this.#buffered = [];
    this.#sending = this.#keep(body).then(() => {});
    // It is awaited by whatever comes next; when it fails earlier than that, it is not lost.
    this.#sending.catch(() => {});
  }

  async #keep(body: Uint8Array): Promise<NonNullable<Download['write']>> {
    const { key } = this.#download;
    const { writeId, parts } = this.#download.write ?? (await this.#begin());
    const place = { number: parts.length + 1, start: bytesOf(parts) };
    const part = await this.#store.putPart({ key, writeId }, place, body);
    const write = { writeId, parts: [...parts, part] };
    this.#download = { ...this.#download, write };
    return write;
  }

  async #begin() {
    const { writeId } = await this.#store.beginParts(this.#download.key, this.#options);
    return { writeId, parts: [] };
  }
}

function bytesOf(parts: readonly KeptPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Without a copy where there is but one: a chunk of Anaplan's is usually a part. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = pieces;
  return first !== undefined && others.length === 0 ? first : Buffer.concat(pieces);
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
