import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { VISIBILITY_SECONDS } from '../../shared/run/limits.ts';
import { type AlertsTopic, alarmName } from './alerts-topic.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const LONGEST_RETENTION = Duration.days(14);

const LOOK = Duration.minutes(5);

/**
 * Where SQS moves a message whose handler keeps crashing, and where the scheduler puts what it could not deliver. `bury-message`
 * consumes it. No queue comes after it: what cannot be buried stays here, in sight, until it can.
 */
export class PoisonQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: { alerts: AlertsTopic }) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
      retentionPeriod: LONGEST_RETENTION,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    props.alerts.hears(this.#arrived());
    props.alerts.hears(this.#stuck());
  }

  /**
   * Early: hours before a failure report there is time to mend the cause, and then the message goes through by itself.
   * On receives, because a message that is buried at once is never seen waiting, and SQS does not count what it moved as sent.
   */
  #arrived(): Alarm {
    return new Alarm(this, 'Arrived', {
      alarmName: alarmName(this, 'poison-arrived'),
      alarmDescription:
        'A message could not be handled in five deliveries, so a file or a schedule has stopped on its way, and its lane stays taken. ' +
        'Plandrop tries a run again twice by itself; if that fails too, the run ends with a failure report about three hours from ' +
        'now. Mend the cause before, and it goes on as if nothing had been. The function’s log names the error.',
      metric: this.queue.metricNumberOfMessagesReceived({ period: LOOK, statistic: Stats.SUM }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /**
   * The net itself has a hole. On contents, not on age: SQS leaves a message that was received three times out of the age, and
   * that is after half an hour here. A message counts as waiting or as in flight, and goes to and fro between the two.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   */
  #stuck(): Alarm {
    return new Alarm(this, 'Stuck', {
      alarmName: alarmName(this, 'poison-stuck'),
      alarmDescription:
        'For an hour there was always something in the poison queue, so bury-message itself fails or has no end of work. The runs of ' +
        'those messages neither go on nor end, nobody is told of them, and their lanes stay taken. Its log names the error.',
      metric: new MathExpression({
        expression: 'waiting + inFlight',
        label: 'messages in the poison queue',
        usingMetrics: {
          waiting: this.queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
          inFlight: this.queue.metricApproximateNumberOfMessagesNotVisible({ statistic: Stats.MAXIMUM }),
        },
        period: LOOK,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 60 / LOOK.toMinutes(),
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
