import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { ObjectHead, WriteOptions } from '../../shared/ports/store.ts';
import type { DataFolder } from './data-folder.ts';
import { guard } from './storage-error.ts';

export interface Drop {
  /** the file on this machine */
  path: string;
  key: string;
  /** of the message on the drops queue */
  attributes?: Readonly<Record<string, string>>;
}

/** A file is not what it was when it began to be taken. What was copied of it is gone again. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
  constructor(path: string) {
    super(`The file ${path} is still being written: it changed while it was taken, so nothing of it was loaded.`);
  }
}

/**
 * Puts a file into the drops bucket and tells the `drops` queue, in the shape of an S3 event. Dying in between leaves an object
 * that nobody knows of, so the caller keeps the file until this has returned.
 */
export async function putDrop(folder: Pick<DataFolder, 'drops' | 'queues'>, drop: Drop): Promise<ObjectHead> {
  const head = await storeDrop(folder.drops, drop);
  await announceDrop(folder, head, drop.attributes);
  return head;
}

/**
 * Copies a file into the drops bucket; nobody is told.
 * @param asSeen the file's fingerprint when it was chosen; without it, the one it has now
 * @throws FileChangedError when the file is another before all of it is copied: half a file is never kept
 */
export async function storeDrop(
  drops: Pick<DataFolder['drops'], 'putStream'>,
  { path, key }: Drop,
  { asSeen, ...options }: WriteOptions & { asSeen?: string } = {},
): Promise<ObjectHead> {
  return guard('read', path, () => drops.putStream(key, wholeFile(path, asSeen), options));
}

/**
 * The bytes of a file.
 * @throws FileChangedError when it is another than `asSeen`, or becomes one while it is read
 */
export async function* wholeFile(path: string, asSeen: string | undefined): AsyncGenerator<Uint8Array> {
  const file = await guard('read', path, () => open(path));
  try {
    const before = asSeen ?? fingerprintOf(await file.stat({ bigint: true }));
    yield* file.createReadStream({ autoClose: false });
    const now = await stat(path, { bigint: true }).catch(() => undefined);
    if (now === undefined || fingerprintOf(now) !== before) throw new FileChangedError(path);
  } finally {
    await file.close();
  }
}

/** Tells a file from what it was before and from any other; moving it away and back makes it another. */
export function fingerprintOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('-');
}

/** Tells the `drops` queue of an object of the drops bucket. Telling it twice makes one run. */
export async function announceDrop(
  folder: Pick<DataFolder, 'drops' | 'queues'>,
  head: ObjectHead,
  attributes?: Readonly<Record<string, string>>,
): Promise<void> {
  await announceDrops(folder, [head], attributes);
}

/** The same of several objects, in one message. */
export async function announceDrops(
  { drops, queues }: Pick<DataFolder, 'drops' | 'queues'>,
  heads: readonly ObjectHead[],
  attributes?: Readonly<Record<string, string>>,
): Promise<void> {
  const body = JSON.stringify({ Records: heads.map((head) => s3RecordOf(drops.bucket, head)) });
  await queues.send('drops', body, attributes === undefined ? {} : { attributes });
}

/** Keys in S3 events are URL-encoded, with `+` for a space. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function s3RecordOf(bucket: string, { key, size, versionId, etag, lastModified }: ObjectHead): object {
  return {
    eventVersion: '2.3',
    eventSource: 'aws:s3',
    awsRegion: 'local',
    eventTime: lastModified,
    eventName: 'ObjectCreated:Put',
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeKey(key),
        size,
        eTag: etag.replaceAll('"', ''),
        versionId,
        // Orders the events of one key.
        sequencer: Date.parse(lastModified).toString(16).toUpperCase().padStart(16, '0'),
      },
    },
  };
}

/** As in a query string, where only letters, digits and `*-._` stand for themselves; folders stay visible. */
function encodeKey(key: string): string {
  return new URLSearchParams({ key }).toString().slice('key='.length).replaceAll('%2F', '/');
}
