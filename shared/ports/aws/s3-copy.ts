import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectTaggingCommand,
  type HeadObjectCommandOutput,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';

export interface S3Version {
  bucket: string;
  key: string;
  versionId: string;
}

/**
 * One request copies at most 5 GB, and takes long for much less; parts are copied side by side.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html
 */
export const COPY_PART_BYTES = 512 * 1024 * 1024;
const PARTS_IN_FLIGHT = 8;

export async function tagsOf(client: S3Client, { bucket, key, versionId }: S3Version): Promise<Record<string, string>> {
  const command = new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  const { TagSet = [] } = await client.send(command);
  return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Tags as S3 takes them in a header. */
export function taggingOf(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&');
}

interface Copy {
  from: S3Version;
  to: string;
  tags: Readonly<Record<string, string>>;
  /** of the version */
  head: HeadObjectCommandOutput;
}

/** Copies a version within its bucket, in parts of `partBytes` where it is larger. */
export async function copyVersion(
  client: S3Client,
  copy: Copy,
  partBytes: number,
): Promise<{ ETag?: string | undefined; VersionId?: string | undefined }> {
  const { from, to, tags, head } = copy;
  if ((head.ContentLength ?? 0) > partBytes) return copyInParts(client, copy, partBytes);
  const { CopyObjectResult, VersionId } = await client.send(
    new CopyObjectCommand({
      Bucket: from.bucket,
      Key: to,
      CopySource: copySource(from),
      TaggingDirective: 'REPLACE',
      Tagging: taggingOf(tags),
    }),
  );
  return { ETag: CopyObjectResult?.ETag, VersionId };
}

/** Unlike a copy in one request, this one takes nothing over by itself. */
async function copyInParts(client: S3Client, { from, to, tags, head }: Copy, partBytes: number) {
  const { ContentType, ContentEncoding, Metadata, ContentLength: bytes = 0 } = head;
  const target = { Bucket: from.bucket, Key: to };
  const begun = { ...target, ContentType, ContentEncoding, Metadata, Tagging: taggingOf(tags) };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(begun));
  try {
    const parts = Array.from({ length: Math.ceil(bytes / partBytes) }, (_, index) => index);
    const copied: { PartNumber: number; ETag: string | undefined }[] = [];
    const copyRest = async () => {
      for (let index = parts.shift(); index !== undefined; index = parts.shift()) {
        const range = `bytes=${index * partBytes}-${Math.min(bytes, (index + 1) * partBytes) - 1}`;
        const part = { ...target, UploadId, PartNumber: index + 1 };
        const { CopyPartResult } = await client.send(
          new UploadPartCopyCommand({ ...part, CopySource: copySource(from), CopySourceRange: range }),
        );
        copied.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag });
      }
    };
    await Promise.all(Array.from({ length: PARTS_IN_FLIGHT }, copyRest));
    const Parts = copied.sort((a, b) => a.PartNumber - b.PartNumber);
    return await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    // Parts that are left behind cost until the bucket's lifecycle removes them.
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {});
    throw error;
  }
}

function copySource({ bucket, key, versionId }: S3Version): string {
  const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
  return `${path}?versionId=${encodeURIComponent(versionId)}`;
}
