import { Duration } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeAccessLogs, SAFE_BUCKET, UNFINISHED_UPLOADS } from './source-bucket.ts';

export interface StateBucketProps {
  /** How many days what has ended is kept. */
  keepDays: number;
}

/** What has been overwritten is only for an investigation; it is never kept longer than what has ended. */
const SUPERSEDED_DAYS = 90;

/** Ledgers, lanes, failures and dumps: all that Plandrop remembers. */
export class StateBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { keepDays }: StateBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...SAFE_BUCKET,
      lifecycleRules: [
        UNFINISHED_UPLOADS,
        // Only what is tagged as ended expires: an unfinished run outlives any retention.
        { id: 'ended', tagFilters: { ended: 'true' }, expiration: Duration.days(keepDays) },
        // What was asked of Anaplan is for whoever looks into a failure, as the logs are, and no run depends on it.
        { id: 'requests', prefix: 'requests/', expiration: Duration.days(Math.min(SUPERSEDED_DAYS, keepDays)) },
        // Every commit leaves the state before it behind; those are kept for an investigation, and are never read.
        {
          id: 'superseded',
          noncurrentVersionExpiration: Duration.days(Math.min(SUPERSEDED_DAYS, keepDays)),
          expiredObjectDeleteMarker: true,
        },
      ],
    });
    acknowledgeAccessLogs(this.bucket);
  }
}
