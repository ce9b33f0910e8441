import * as z from 'zod';

const notification = z.object({
  Records: z.array(
    z.object({
      eventSource: z.string().optional(),
      eventName: z.string(),
      eventTime: z.iso.datetime().optional().catch(undefined),
      s3: z.object({
        bucket: z.object({ name: z.string() }),
        object: z.object({ key: z.string(), size: z.number().optional(), versionId: z.string().optional() }),
      }),
    }),
  ),
});

/** The message that S3 sends once when a notification is set up. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') });

export interface CreatedObject {
  bucket: string;
  /** decoded: as a person would write it */
  key: string;
  versionId: string | undefined;
  /** by the event's word: bytes, and ISO 8601 in UTC */
  bytes: number | undefined;
  eventTime: string | undefined;
}

export type S3Message =
  | { kind: 'created'; objects: CreatedObject[] }
  | { kind: 'ignored'; because: string }
  | { kind: 'unreadable'; because: string };

/**
 * Reads an S3 event notification out of a queue message. Keys in notifications are URL-encoded, with `+` for a space.
 * Folder markers (keys that end in `/`) and everything but created objects are left out.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function readS3Message(body: string): S3Message {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: 'unreadable', because: 'it is not JSON' };
  }
  if (testEvent.safeParse(json).success) return { kind: 'ignored', because: 'it is the test event S3 sends at set-up' };
  const parsed = notification.safeParse(json);
  if (!parsed.success) return { kind: 'unreadable', because: 'it is not an S3 event notification' };
  const objects: CreatedObject[] = [];
  for (const { eventName, eventTime, s3 } of parsed.data.Records) {
    const key = decodeKey(s3.object.key);
    if (key === undefined)
      return { kind: 'unreadable', because: `the key "${s3.object.key}" is not URL-encoded UTF-8` };
    const isFolderMarker = key.endsWith('/');
    if (!eventName.includes('ObjectCreated:') || isFolderMarker) continue;
    const { versionId, size: bytes } = s3.object;
    objects.push({ bucket: s3.bucket.name, key, versionId, bytes, eventTime });
  }
  return objects.length === 0
    ? { kind: 'ignored', because: 'it tells of no created object but folder markers' }
    : { kind: 'created', objects };
}

function decodeKey(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
