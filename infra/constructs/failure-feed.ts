import { Duration, Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlertsTopic, alarmName } from './alerts-topic.ts';
import { LONGEST_RETENTION } from './poison-queue.ts';

/**
 * A queue that nobody receives from is inactive to CloudWatch after some hours, and the first figures of one that wakes come up to 15 minutes late.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 */
const LATE_MINUTES = 20;

/** The `failures` queue: each failure report once more, with attributes to filter on, for whoever inspects or subscribes. */
export class FailureFeed extends Construct {
  readonly name = 'failures';
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: { alerts: AlertsTopic }) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      retentionPeriod: LONGEST_RETENTION,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is the dead-letter queue of the runs. Nothing of ours receives from it, so nothing could fail to.',
    });
    // Arrivals, not contents: nothing of ours deletes from it, so it is never empty again. SQS counts direct sends in this metric.
    const alarm = new Alarm(this, 'Arrivals', {
      alarmName: alarmName(this, 'failures-arrived'),
      alarmDescription:
        'At least one run failed, may have failed, or lost more rows than its pipeline allows: data is missing in Anaplan. ' +
        'Its lane may be held, so later files of the same model wait. Read the reports: plandrop failures.',
      metric: this.queue.metricNumberOfMessagesSent({ period: Duration.minutes(1), statistic: Stats.SUM }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: LATE_MINUTES,
      datapointsToAlarm: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    props.alerts.hears(alarm);
  }
}
