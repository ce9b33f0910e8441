import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlertsTopic, alarmName } from './alerts-topic.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const LONGEST_RETENTION = Duration.days(14);

/** Where SQS moves a message whose handler keeps crashing, and where the scheduler puts what it could not deliver. */
export class PoisonQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: { alerts: AlertsTopic }) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      retentionPeriod: LONGEST_RETENTION,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    const alarm = new Alarm(this, 'NotEmpty', {
      alarmName: alarmName(this, 'poison-not-empty'),
      alarmDescription:
        'A message could not be handled in five deliveries, so a file or a schedule has stopped on its way: its run does not go on by ' +
        'itself, and its lane may stay taken. The function’s log names the error.',
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    props.alerts.hears(alarm);
  }
}
