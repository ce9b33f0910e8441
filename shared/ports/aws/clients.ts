import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * One layer sleeps long, and that is the queue: the SDK repeats a call twice within a second or so, then the message comes back.
 * A connection that never opens must not use up a function's time. `AWS_ENDPOINT_URL` and the region are read by the SDK itself.
 */
const SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 3000, requestTimeout: 30_000, throwOnRequestTimeout: true },
};

export const s3Client = (): S3Client => new S3Client(SETTINGS);
export const sqsClient = (): SQSClient => new SQSClient(SETTINGS);
/** @param region of the topic, where it is not that of the function */
export const snsClient = (region?: string): SNSClient =>
  new SNSClient({ ...SETTINGS, ...(region === undefined ? {} : { region }) });
export const secretsManagerClient = (): SecretsManagerClient => new SecretsManagerClient(SETTINGS);
