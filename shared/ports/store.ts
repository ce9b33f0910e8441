/** What is known of an object without reading it. `lastModified` is ISO 8601 in UTC; `versionId` pins these bytes for ever. */
export interface ObjectHead {
  key: string;
  /** bytes */
  size: number;
  etag: string;
  versionId: string;
  lastModified: string;
}

/** What a write tells of the new object. S3 answers a write without its time: who needs it asks with `head`. */
export type WrittenObject = Omit<ObjectHead, 'lastModified'>;

/** What a listing tells of an object. S3 lists no version ids: who needs one asks with `head`. */
export type ListedObject = Omit<ObjectHead, 'versionId'>;

export interface StoredObject extends ObjectHead {
  body: Uint8Array;
}

/** The answer to a conditional write: `written`, or the condition did not hold (S3's 412) and nothing was written. */
export type ConditionalWrite = { written: true; etag: string; versionId: string } | { written: false };

/** A half-open byte range: `start` is included, `end` is not. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface WriteOptions {
  contentType?: string;
  /** Object tags; lifecycle rules expire only what is tagged `ended`. */
  tags?: Readonly<Record<string, string>>;
}

/**
 * Of what may expire: it is of no use to a run that goes on. Records get it when their run is done. Dumps, reports and repair files
 * get it when they are written, because the retention is longer than the rest of any run (see `retentionDays`).
 */
export const ENDED = { ended: 'true' } as const;

/** A write that is under way in parts: what a later process needs to go on with it. */
export interface PartedWrite {
  key: string;
  writeId: string;
}

/** One part of a {@link PartedWrite} that the store has, in the words of the store that took it. */
export interface KeptPart {
  /** 1-based, without gaps */
  number: number;
  bytes: number;
  etag: string;
  /** what S3 computed of the part and wants to be told again */
  checksum?: string;
}

/** S3 takes no smaller part, but for the last. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const LEAST_PART_BYTES = 5 * 1024 * 1024;

/**
 * One bucket: versioned objects with conditional writes, as S3 has them.
 *
 * A 409 (two conditional writes at once) is retried inside the adapter; a 412 is an answer (`written: false`), and the
 * caller reads back before it concludes anything, because its own lost success looks the same.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
export interface Store {
  /** The bucket's name, as it stands in S3 events and in `s3://` addresses. */
  readonly bucket: string;
  /** An address a person can open: `s3://bucket/key`, or the path of a local file. */
  address(key: string): string;
  /** @throws NotAllowedError */
  head(key: string, versionId?: string): Promise<ObjectHead | undefined>;
  get(key: string, versionId?: string): Promise<StoredObject | undefined>;
  /**
   * The bytes of `range`, cut at the object's end.
   * @throws ObjectGoneError when the object or that version is not there
   * @throws NotAllowedError
   */
  getRange(key: string, range: ByteRange, versionId?: string): Promise<Uint8Array>;
  /** Writes only if no object has this key (`If-None-Match: *`). */
  create(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<ConditionalWrite>;
  /** Writes only over the object with this ETag (`If-Match`); a missing object is `written: false`. */
  replace(key: string, body: Uint8Array | string, etag: string, options?: WriteOptions): Promise<ConditionalWrite>;
  /** @throws NotAllowedError */
  put(key: string, body: Uint8Array | string, options?: WriteOptions): Promise<WrittenObject>;
  /**
   * Writes a stream of unknown length in constant memory; nobody sees the object before it is whole.
   * @throws NotAllowedError
   */
  putStream(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<WrittenObject>;
  /**
   * Begins a write in parts, which other processes may go on with for some days; nobody sees the object before it is completed.
   * @throws NotAllowedError
   */
  beginParts(key: string, options?: WriteOptions): Promise<PartedWrite>;
  /**
   * Keeps one part, durably; `start` is where it stands in the object. The same number again replaces it.
   * @throws PartsGoneError
   * @throws NotAllowedError
   */
  putPart(write: PartedWrite, part: { number: number; start: number }, body: Uint8Array): Promise<KeptPart>;
  /**
   * Makes the object of these parts, all of them, in order. Repeated after its own success it may throw or not.
   * @throws PartsGoneError
   * @throws NotAllowedError
   */
  completeParts(write: PartedWrite, parts: readonly KeptPart[]): Promise<WrittenObject>;
  /** Gives up a write in parts. What nobody gives up goes by itself after some days. */
  abandonParts(write: PartedWrite): Promise<void>;
  /** Removes the current object (its versions stay). Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /**
   * Removes one version for good. Was it the current one, then the version before it is current again, unless that was deleted.
   * Removing what is not there is no error.
   * @throws NotAllowedError
   */
  deleteVersion(key: string, versionId: string): Promise<void>;
  /**
   * Adds tags to a version; those it has already stay.
   * @returns false when the version is not there, or has no room for them
   * @throws NotAllowedError
   */
  tag(key: string, versionId: string, tags: Readonly<Record<string, string>>): Promise<boolean>;
  /**
   * Copies a version to another key, whatever its size, with its tags and, where there is room, `tags`.
   * @returns undefined when the version is not there
   * @throws NotAllowedError
   */
  copy(
    from: { key: string; versionId: string },
    to: string,
    tags?: Readonly<Record<string, string>>,
  ): Promise<WrittenObject | undefined>;
  /** Current objects whose key starts with `prefix`, ascending by key (UTF-8 bytes), from just after `startAfter`. */
  list(prefix: string, options?: { startAfter?: string }): AsyncIterable<ListedObject>;
}

/** S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const MAX_TAGS = 10;

/** The tags of an object after `more` were added; undefined when there is no room for them. */
export function tagsWith(
  tags: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const together = { ...tags, ...more };
  return Object.keys(together).length > MAX_TAGS ? undefined : together;
}

/** The bucket does not let this process do what it asked; asking again does not help. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError';
}

/** The object, or the version of it that was asked for, is not there (any more). */
export class ObjectGoneError extends Error {
  override readonly name = 'ObjectGoneError';
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
  constructor(bucket: string, key: string, versionId?: string) {
    super(`${bucket}/${key}${versionId === undefined ? '' : ` (version ${versionId})`} is no longer there`);
    this.bucket = bucket;
    this.key = key;
    this.versionId = versionId;
  }
}

/** The store no longer has this write in parts, or not these parts: it was completed, given up, or is too old. */
export class PartsGoneError extends Error {
  override readonly name = 'PartsGoneError';
  constructor(bucket: string, { key }: PartedWrite, options?: ErrorOptions) {
    super(`the parts of ${bucket}/${key} that were written before are no longer there`, options);
  }
}
