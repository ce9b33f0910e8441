import { Aws, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { CfnQueuePolicy, type Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** How both buckets keep what they are given: versioned, encrypted, over TLS only, never public, never deleted with the stack. */
export const SAFE_BUCKET = {
  versioned: true,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  removalPolicy: RemovalPolicy.RETAIN,
} as const;

export const UNFINISHED_UPLOADS = { abortIncompleteMultipartUploadAfter: Duration.days(7) };

export function acknowledgeAccessLogs(bucket: Bucket): void {
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Who may log object access, and where to, is the account’s decision (CloudTrail data events); the ledger of a run already names the version it read.',
  });
}

/** Where drops land. Every created object is told to the `drops` queue; whether a pipeline takes it is decided there. */
export class SourceBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', { ...SAFE_BUCKET, lifecycleRules: [UNFINISHED_UPLOADS] });
    acknowledgeAccessLogs(this.bucket);
  }

  /**
   * The notification is a property of the bucket itself: CDK's own way brings a function with an AWS managed policy along.
   * S3 tries the queue before it accepts the property, so the queue's policy comes first; and because that policy cannot name
   * a bucket that is not there yet, it names the account.
   */
  tells(drops: Queue): void {
    drops.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [drops.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    const bucket = this.bucket.node.defaultChild as CfnBucket;
    bucket.notificationConfiguration = {
      queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: drops.queueArn }],
    };
    for (const child of drops.node.findAll()) if (child instanceof CfnQueuePolicy) bucket.addResourceDependency(child);
  }
}
