import { createReadStream } from 'node:fs';
import type { ObjectHead } from '../../shared/ports/store.ts';
import type { DataFolder } from './data-folder.ts';
import { guard } from './storage-error.ts';

export interface Drop {
  /** the file on this machine */
  path: string;
  key: string;
  /** of the message on the drops queue */
  attributes?: Readonly<Record<string, string>>;
}

/**
 * Puts a file into the drops bucket and tells the `drops` queue, in the shape of an S3 event. Dying in between leaves an object
 * that nobody knows of, so the caller keeps the file until this has returned.
 */
export async function putDrop(
  { drops, queues }: Pick<DataFolder, 'drops' | 'queues'>,
  drop: Drop,
): Promise<ObjectHead> {
  const head = await guard('read', drop.path, () => drops.putStream(drop.key, createReadStream(drop.path)));
  await queues.send(
    'drops',
    JSON.stringify(s3EventOf(drops.bucket, head)),
    drop.attributes === undefined ? {} : { attributes: drop.attributes },
  );
  return head;
}

/** Keys in S3 events are URL-encoded, with `+` for a space. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function s3EventOf(bucket: string, { key, size, versionId, etag, lastModified }: ObjectHead): object {
  return {
    Records: [
      {
        eventVersion: '2.3',
        eventSource: 'aws:s3',
        eventTime: lastModified,
        eventName: 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: bucket },
          object: {
            key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
            size,
            eTag: etag,
            versionId,
          },
        },
      },
    ],
  };
}
