import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';

/** The bucket answers 403 for a drop: https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html */
export function notReadable(drop?: { bucket: string; key: string; versionId?: string | undefined }): Diagnosis {
  const { bucket = 'the source bucket', key = 'the file', versionId } = drop ?? {};
  return {
    category: 'source-file',
    cause: 'The bucket does not let Plandrop read the file: its key, its storage class or a policy forbids it.',
    message: `${key} cannot be read: ${bucket} answered 403, access denied.`,
    whatToCheck: [
      'See how the file is encrypted: where its sender uses a KMS key of its own, let the roles of the stack use that key (kms:Decrypt), or have it encrypted as the bucket does.',
      'See whether a lifecycle rule has moved it to an archive class such as Glacier; restore it first.',
      'See whether the policy of the bucket, or of the organisation, denies s3:GetObject or s3:GetObjectVersion.',
      'Then redrive the run, or drop the file again.',
    ],
    retry: { kind: 'no' },
    references: drop === undefined ? {} : { bucket, key, ...(versionId === undefined ? {} : { versionId }) },
  };
}
