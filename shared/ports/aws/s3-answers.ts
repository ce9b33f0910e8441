import { type GetObjectCommandOutput, type HeadObjectCommandOutput, S3ServiceException } from '@aws-sdk/client-s3';
import { NotAllowedError, type ObjectHead } from '../store.ts';

/** What S3 answers, as the port tells it. */

export function headOf(key: string, output: HeadObjectCommandOutput | GetObjectCommandOutput): ObjectHead {
  return {
    key,
    size: needed(output.ContentLength, 'ContentLength'),
    ...idsOf(output),
    lastModified: needed(output.LastModified, 'LastModified').toISOString(),
  };
}

export function idsOf(output: { ETag?: string | undefined; VersionId?: string | undefined }): {
  etag: string;
  versionId: string;
} {
  return { etag: needed(output.ETag, 'ETag'), versionId: output.VersionId ?? 'null' };
}

export function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`S3 answered without ${name}`);
  return value;
}

/**
 * Tells a 403 as the port does. Whoever reads with it may list the bucket too: without that right S3 answers 403 also where nothing is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export async function allowed<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (status(error) === 403) throw new NotAllowedError(String(error), { cause: error });
    throw error;
  }
}

export function status(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function isMissingBucket(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchBucket';
}
