import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { QueueName } from '../../shared/ports/queue.ts';
import { DELIVERIES, VISIBILITY_SECONDS } from '../../shared/run/limits.ts';
import { type AlertsTopic, alarmName } from './alerts-topic.ts';
import { type Mapping, PlandropFunction, type PlandropFunctionProps } from './plandrop-function.ts';
import type { PoisonQueue } from './poison-queue.ts';

export interface StageProps extends Omit<PlandropFunctionProps, 'when'>, Mapping {
  /** The queue of this stage, as the ports name it. */
  queue: QueueName;
  /** What people lose while this stage stands still: the end of its alarm's text. */
  impact: string;
  poison: PoisonQueue;
  alerts: AlertsTopic;
}

/** Long enough for an outage over the holidays; shorter than the poison queue's, which counts from the first send. */
const RETENTION = Duration.days(10);

/** One stage of the flow: a function with a queue of its own, and the alarm that says the stage stands still. */
export class Stage extends PlandropFunction {
  readonly name: QueueName;
  readonly queue: Queue;
  readonly maxConcurrency: number;

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id, { ...props, when: `for each message of the ${props.queue} queue` });
    this.name = props.queue;
    this.maxConcurrency = props.maxConcurrency;
    this.queue = new Queue(this, 'Queue', {
      visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
      retentionPeriod: RETENTION,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: props.poison.queue, maxReceiveCount: DELIVERIES },
    });
    this.consumes(this.queue, props);
    this.#alarm(props);
  }

  #alarm(props: StageProps): void {
    const alarm = new Alarm(this, 'Stuck', {
      alarmName: alarmName(this, `${props.queue}-stuck`),
      alarmDescription: `The oldest message of the ${props.queue} queue has waited for an hour. ${props.impact}`,
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(5), statistic: Stats.MAXIMUM }),
      // A delay is at most 15 minutes and a failed delivery comes back after 15: an hour is neither.
      threshold: 3600,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 2,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    props.alerts.hears(alarm);
  }
}
