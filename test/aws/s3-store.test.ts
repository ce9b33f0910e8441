import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { s3Client } from '../../shared/ports/aws/clients.ts';
import { S3Store } from '../../shared/ports/aws/s3-store.ts';
import { describeStore } from '../contract/ports/store-contract.ts';
import { newName, requireLocalEndpoint } from './endpoint.ts';

requireLocalEndpoint();
const client = s3Client();
afterAll(() => client.destroy());

async function newBucket(versioned: boolean): Promise<string> {
  const bucket = newName('bucket');
  const region = await client.config.region();
  await client.send(
    new CreateBucketCommand({
      Bucket: bucket,
      ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
    }),
  );
  if (versioned)
    await client.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  return bucket;
}

describeStore('S3', async () => {
  const bucket = await newBucket(true);
  return {
    store: new S3Store(client, { bucket }),
    tags: async (Key) => {
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }));
      return Object.fromEntries(TagSet.map((tag) => [tag.Key, tag.Value ?? '']));
    },
    close: async () => undefined,
  };
});

describe('S3Store', () => {
  it('names objects as people do', () => {
    expect(new S3Store(client, { bucket: 'b' }).address('dumps/r1/1-0-112.csv')).toBe('s3://b/dumps/r1/1-0-112.csv');
  });

  it('copies what is large in parts, with its tags and content type', async () => {
    const bucket = await newBucket(true);
    const store = new S3Store(client, { bucket, copyPartBytes: 5 * 1024 * 1024 });
    const bytes = Buffer.from(Array.from({ length: 11 * 1024 * 1024 }, (_, index) => index % 251));
    const options = { contentType: 'text/csv', tags: { owner: 'sales' } };
    const { versionId } = await store.put('big plan+1.csv', bytes, options);
    const copied = await store.copy({ key: 'big plan+1.csv', versionId }, 'archive/big plan+1.csv', { state: 'done' });
    const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'archive/big plan+1.csv' }));
    expect([object.VersionId, object.ContentType]).toEqual([copied?.versionId, 'text/csv']);
    expect(Buffer.from((await object.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
    const { TagSet } = await client.send(
      new GetObjectTaggingCommand({ Bucket: bucket, Key: 'archive/big plan+1.csv' }),
    );
    expect(TagSet).toEqual([
      { Key: 'owner', Value: 'sales' },
      { Key: 'state', Value: 'done' },
    ]);
  });

  it('works on a bucket without versioning', async () => {
    const store = new S3Store(client, { bucket: await newBucket(false) });
    const { versionId } = await store.put('one', '1');
    expect(versionId).toBe('null');
    expect(await store.head('one')).toMatchObject({ size: 1, versionId: 'null' });
  });

  it('says when the bucket is not there, instead of taking its objects for missing', async () => {
    const store = new S3Store(client, { bucket: 'no-such-bucket' });
    await expect(store.get('x')).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});
