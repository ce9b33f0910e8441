import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type Clock, type Random, systemClock } from '../clock.ts';
import { checkKey, checkRange } from '../object-key.ts';
import {
  type ByteRange,
  type ConditionalWrite,
  type KeptPart,
  type ListedObject,
  ObjectGoneError,
  type ObjectHead,
  type PartedWrite,
  PartsGoneError,
  type Store,
  type StoredObject,
  tagsWith,
  type WriteOptions,
  type WrittenObject,
} from '../store.ts';
import { allowed, headOf, idsOf, isMissingBucket, needed, status } from './s3-answers.ts';
import { COPY_PART_BYTES, copyVersion, taggingOf, tagsOf } from './s3-copy.ts';
import { abandonParts, beginParts, completeParts, etagOfParts, putPart } from './s3-parts.ts';

export interface S3StoreOptions {
  bucket: string;
  clock?: Clock;
  random?: Random;
  /** What is larger is copied in parts of this size; at least S3's 5 MiB. */
  copyPartBytes?: number;
}

/** S3's own limit of 10,000 parts then allows objects of 80 GB; two parts in flight take 16 MiB. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_IN_FLIGHT = 2;
/** How often a 409 or a broken download is tried, with up to 0.1, 0.2, 0.4, … seconds between. */
const ATTEMPTS = 6;
const BASE_DELAY_MS = 100;

/** A bucket of S3. An object of a bucket without versioning has S3's version id `null`. */
export class S3Store implements Store {
  readonly bucket: string;
  readonly #client: S3Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #copyPartBytes: number;

  constructor(client: S3Client, options: S3StoreOptions) {
    this.#client = client;
    this.bucket = options.bucket;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#copyPartBytes = options.copyPartBytes ?? COPY_PART_BYTES;
  }

  address(key: string): string {
    return `s3://${this.bucket}/${key}`;
  }

  async head(key: string, versionId?: string): Promise<ObjectHead | undefined> {
    checkKey(key);
    const command = new HeadObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId });
    const output = await this.#unlessGone(versionId, () => allowed(this.#client.send(command)));
    return output && headOf(key, output);
  }

  async get(key: string, versionId?: string): Promise<StoredObject | undefined> {
    checkKey(key);
    return this.#unlessGone(versionId, () =>
      this.#download({ key, versionId }, (output, body) => ({ ...headOf(key, output), body })),
    );
  }

  async getRange(key: string, range: ByteRange, versionId?: string): Promise<Uint8Array> {
    checkKey(key);
    checkRange(range);
    // HTTP has no empty range; S3 answers 416 to one that begins at or after the end.
    const bytes =
      range.start === range.end
        ? (await this.head(key, versionId)) && new Uint8Array()
        : await this.#unlessGone(versionId, () =>
            allowed(
              this.#download({ key, versionId, range }, (_, body) => body).catch((error) => {
                if (status(error) === 416) return new Uint8Array();
                throw error;
              }),
            ),
          );
    if (bytes === undefined) throw new ObjectGoneError(this.bucket, key, versionId);
    return bytes;
  }

  async create(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<ConditionalWrite> {
    return this.#writeIf({ ...this.#input(key, options), Body: bytesOf(body), IfNoneMatch: '*' });
  }

  async replace(
    key: string,
    body: Uint8Array | string,
    etag: string,
    options?: WriteOptions,
  ): Promise<ConditionalWrite> {
    return this.#writeIf({ ...this.#input(key, options), Body: bytesOf(body), IfMatch: etag });
  }

  async put(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<WrittenObject> {
    const bytes = bytesOf(body);
    const command = new PutObjectCommand({ ...this.#input(key, options), Body: bytes });
    const output = await allowed(this.#client.send(command));
    return { key, size: bytes.byteLength, ...idsOf(output) };
  }

  async putStream(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<WrittenObject> {
    let size = 0;
    async function* counted() {
      for await (const piece of body) {
        size += piece.byteLength;
        yield piece;
      }
    }
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#input(key, options), Body: Readable.from(counted(), { highWaterMark: 1 }) },
      partSize: PART_BYTES,
      queueSize: PARTS_IN_FLIGHT,
      leavePartsOnError: false,
    });
    const output = await allowed(upload.done());
    return { key, size, ...idsOf(output) };
  }

  beginParts(key: string, options?: WriteOptions): Promise<PartedWrite> {
    return allowed(beginParts(this.#client, this.#input(key, options)));
  }

  putPart(write: PartedWrite, { number }: { number: number }, body: Uint8Array): Promise<KeptPart> {
    return allowed(putPart(this.#client, this.bucket, write, number, body));
  }

  async completeParts(write: PartedWrite, parts: readonly KeptPart[]): Promise<WrittenObject> {
    const size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    try {
      return { key: write.key, size, ...idsOf(await allowed(completeParts(this.#client, this.bucket, write, parts))) };
    } catch (error) {
      if (!(error instanceof PartsGoneError)) throw error;
      // A completion whose answer was lost is repeated by the SDK, and then meets its own success.
      const found = await this.head(write.key);
      if (found === undefined || found.etag !== etagOfParts(parts)) throw error;
      return { key: write.key, size, etag: found.etag, versionId: found.versionId };
    }
  }

  abandonParts(write: PartedWrite): Promise<void> {
    return abandonParts(this.#client, this.bucket, write);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  async deleteVersion(key: string, versionId: string): Promise<void> {
    checkKey(key);
    const command = new DeleteObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId });
    await allowed(this.#client.send(command));
  }

  async tag(key: string, versionId: string, tags: Readonly<Record<string, string>>): Promise<boolean> {
    checkKey(key);
    const version = { bucket: this.bucket, key, versionId };
    const tagged = await this.#unlessGone(versionId, async () => {
      const together = tagsWith(await allowed(tagsOf(this.#client, version)), tags);
      if (together === undefined) return false;
      const TagSet = Object.entries(together).map(([Key, Value]) => ({ Key, Value }));
      const object = { Bucket: this.bucket, Key: key, VersionId: versionId };
      await allowed(this.#client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet } })));
      return true;
    });
    return tagged ?? false;
  }

  async copy(
    from: { key: string; versionId: string },
    to: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<WrittenObject | undefined> {
    checkKey(from.key);
    checkKey(to);
    const version = { bucket: this.bucket, ...from };
    return this.#unlessGone(from.versionId, async () => {
      const object = { Bucket: this.bucket, Key: from.key, VersionId: from.versionId };
      const head = await this.#client.send(new HeadObjectCommand(object));
      const own = await allowed(tagsOf(this.#client, version));
      const tags = tagsWith(own, more) ?? own;
      const output = await allowed(copyVersion(this.#client, { from: version, to, tags, head }, this.#copyPartBytes));
      return { key: to, size: needed(head.ContentLength, 'ContentLength'), ...idsOf(output) };
    });
  }

  async *list(prefix: string, options: { startAfter?: string } = {}): AsyncGenerator<ListedObject> {
    // Keys may hold characters that XML 1.0 cannot, so S3 is asked to percent-encode them.
    const input = { Bucket: this.bucket, Prefix: prefix, StartAfter: options.startAfter, EncodingType: 'url' as const };
    for await (const page of paginateListObjectsV2({ client: this.#client }, input)) {
      for (const { Key = '', Size, ETag, LastModified } of page.Contents ?? []) {
        yield {
          key: decodeURIComponent(Key.replaceAll('+', ' ')),
          size: needed(Size, 'Size'),
          etag: needed(ETag, 'ETag'),
          lastModified: needed(LastModified, 'LastModified').toISOString(),
        };
      }
    }
  }

  #input(key: string, { contentType, tags = {} }: WriteOptions = {}): PutObjectCommandInput {
    checkKey(key);
    const tagging = taggingOf(tags);
    return {
      Bucket: this.bucket,
      Key: key,
      ...(contentType === undefined ? {} : { ContentType: contentType }),
      ...(tagging === '' ? {} : { Tagging: tagging }),
    };
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response */
  async #writeIf(input: PutObjectCommandInput): Promise<ConditionalWrite> {
    try {
      const send = () => this.#client.send(new PutObjectCommand(input));
      const output = await this.#repeat(send, (error) => status(error) === 409);
      return { written: true, ...idsOf(output) };
    } catch (error) {
      // If-Match on a key that holds nothing is a 404.
      if (status(error) === 412 || (input.IfMatch !== undefined && status(error) === 404)) return { written: false };
      throw error;
    }
  }

  /** Reads a whole answer; the SDK itself repeats only until the answer begins. */
  async #download<T>(
    { key, versionId, range }: { key: string; versionId: string | undefined; range?: ByteRange },
    use: (output: GetObjectCommandOutput, body: Uint8Array) => T,
  ): Promise<T> {
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: key,
      VersionId: versionId,
      ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
    });
    const read = async () => {
      const output = await this.#client.send(command);
      const body = await needed(output.Body, 'Body')
        .transformToByteArray()
        .catch((cause: unknown) => {
          throw new BrokenDownloadError(`The download of ${this.address(key)} broke off`, { cause });
        });
      return use(output, body);
    };
    return this.#repeat(read, (error) => error instanceof BrokenDownloadError);
  }

  async #repeat<T>(act: () => Promise<T>, heals: (error: unknown) => boolean): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await act();
      } catch (error) {
        if (attempt === ATTEMPTS || !heals(error)) throw error;
        await this.#clock.sleep(this.#random() * BASE_DELAY_MS * 2 ** (attempt - 1));
      }
    }
  }

  /** 404: no such key or version. 405: that version is the marker of a delete. */
  async #unlessGone<T>(versionId: string | undefined, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (isMissingBucket(error)) throw error;
      if (status(error) === 404 || (versionId !== undefined && status(error) === 405)) return undefined;
      throw error;
    }
  }
}

/** S3 answered, and the connection died before all bytes had come. */
export class BrokenDownloadError extends Error {
  override readonly name = 'BrokenDownloadError';
}

/** The SDK takes an empty string for a stream of unknown length. */
function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}
