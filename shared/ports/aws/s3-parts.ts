import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type KeptPart, type PartedWrite, PartsGoneError } from '../store.ts';
import { needed } from './s3-answers.ts';

/**
 * S3's multipart upload, for a write that outlives one process. The bucket's lifecycle removes what is never completed.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export async function beginParts(client: S3Client, input: PutObjectCommandInput): Promise<PartedWrite> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...input, ChecksumAlgorithm: 'CRC32' }));
  return { key: needed(input.Key, 'Key'), writeId: needed(UploadId, 'UploadId') };
}

export async function putPart(
  client: S3Client,
  bucket: string,
  write: PartedWrite,
  number: number,
  body: Uint8Array,
): Promise<KeptPart> {
  const command = new UploadPartCommand({
    ...targetOf(bucket, write),
    PartNumber: number,
    Body: body,
    ChecksumAlgorithm: 'CRC32',
  });
  const { ETag, ChecksumCRC32 } = await client.send(command).catch(partsGone(bucket, write));
  const checksum = ChecksumCRC32 === undefined ? {} : { checksum: ChecksumCRC32 };
  return { number, bytes: body.byteLength, etag: needed(ETag, 'ETag'), ...checksum };
}

export function completeParts(
  client: S3Client,
  bucket: string,
  write: PartedWrite,
  parts: readonly KeptPart[],
): Promise<CompleteMultipartUploadCommandOutput> {
  const Parts = parts.map(({ number, etag, checksum }) => ({
    PartNumber: number,
    ETag: etag,
    ...(checksum === undefined ? {} : { ChecksumCRC32: checksum }),
  }));
  const command = new CompleteMultipartUploadCommand({ ...targetOf(bucket, write), MultipartUpload: { Parts } });
  return client.send(command).catch(partsGone(bucket, write));
}

export async function abandonParts(client: S3Client, bucket: string, write: PartedWrite): Promise<void> {
  await client.send(new AbortMultipartUploadCommand(targetOf(bucket, write))).catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

/**
 * The ETag of an object made of parts: the MD5 of their MD5s, and how many there are. True for buckets with S3's own encryption;
 * elsewhere it is never equal. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function etagOfParts(parts: readonly KeptPart[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${hash.digest('hex')}-${parts.length}"`;
}

function targetOf(bucket: string, { key, writeId }: PartedWrite) {
  return { Bucket: bucket, Key: key, UploadId: writeId };
}

function partsGone(bucket: string, write: PartedWrite) {
  return (error: unknown): never => {
    throw isGone(error) ? new PartsGoneError(bucket, write, { cause: error }) : error;
  };
}

/** Completed or given up before, or another part stands where ours was. */
function isGone(error: unknown): boolean {
  return error instanceof S3ServiceException && ['NoSuchUpload', 'InvalidPart'].includes(error.name);
}
