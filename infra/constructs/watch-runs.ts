import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import { WATCH_EVERY_SECONDS } from '../../shared/run/watch-pacing.ts';
import { type AlertsTopic, alarmName } from './alerts-topic.ts';
import { PlandropFunction, type PlandropFunctionProps } from './plandrop-function.ts';

export interface WatchRunsProps extends Pick<PlandropFunctionProps, 'makeFunction' | 'environment'> {
  alerts: AlertsTopic;
}

const EVERY = Duration.seconds(WATCH_EVERY_SECONDS);
const SILENT = Duration.minutes(15);

/** The watch: a function on a timer that looks after the runs nobody else would, and the alarm that says it does not. */
export class WatchRuns extends PlandropFunction {
  constructor(scope: Construct, id: string, { alerts, ...props }: WatchRunsProps) {
    super(scope, id, {
      ...props,
      folder: 'watch-runs',
      when: 'every five minutes',
      memoryMegabytes: 512,
      // It consumes no queue, so it may take as long as there is until the next look.
      timeoutSeconds: EVERY.toSeconds(),
      // Only its timer invokes it.
      reentered: false,
    });
    this.#schedule();
    alerts.hears(this.#silent());
  }

  /** Nothing repeats a look that failed, neither the scheduler nor Lambda's own queue of events: the next look repairs as much. */
  #schedule(): void {
    // A role of our own: CDK's may also invoke every version of the function.
    const role = new Role(this, 'TimerRole', {
      description: 'What the timer of watch-runs may do',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.function.functionArn] }),
    );
    new Schedule(this, 'Timer', {
      description: 'Plandrop: looks for runs left behind',
      schedule: ScheduleExpression.rate(EVERY),
      target: new LambdaInvoke(this.function, {
        role: role.withoutPolicyUpdates(),
        retryAttempts: 0,
        maxEventAge: EVERY,
      }),
    });
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: EVERY });
  }

  /** Here silence is the trouble. A look that was stopped by its timeout is among the errors. */
  #silent(): Alarm {
    return new Alarm(this, 'Silent', {
      alarmName: alarmName(this, 'watch-silent'),
      alarmDescription:
        'The watch has not succeeded for 15 minutes. What works goes on working, but a run whose message was lost, a lane whose next ' +
        'run was never woken and an ended run with something left to do now stand still, and nobody else is told of them.',
      metric: new MathExpression({
        expression: 'invocations - errors',
        label: 'looks that succeeded',
        usingMetrics: {
          invocations: this.function.metricInvocations({ statistic: Stats.SUM }),
          errors: this.function.metricErrors({ statistic: Stats.SUM }),
        },
        period: EVERY,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: SILENT.toMinutes() / EVERY.toMinutes(),
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}
