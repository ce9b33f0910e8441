import { RemovalPolicy, TimeZone } from 'aws-cdk-lib';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { PoisonQueue } from './poison-queue.ts';

export interface PipelineSchedulesProps {
  pipelines: Configuration['pipelines'];
  schedules: Queue;
  poison: PoisonQueue;
}

/** One schedule for each scheduled pipeline. It sends the time it was scheduled for, which is what names the run. */
export class PipelineSchedules extends Construct {
  constructor(scope: Construct, id: string, { pipelines, schedules, poison }: PipelineSchedulesProps) {
    super(scope, id);
    const scheduled = Object.entries(pipelines).flatMap(([name, { trigger }]) =>
      trigger?.kind === 'schedule' ? [{ name, ...trigger }] : [],
    );
    if (scheduled.length === 0) return;
    const scheduleGroup = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    for (const { name, expression, timezone } of scheduled) {
      new Schedule(this, `Pipeline-${name}`, {
        scheduleGroup,
        description: `Plandrop: starts pipeline ${name}`,
        schedule: ScheduleExpression.expression(expression, TimeZone.of(timezone)),
        target: new SqsSendMessage(schedules, {
          input: ScheduleTargetInput.fromObject({ pipeline: name, scheduledAt: ContextAttribute.scheduledTime }),
          deadLetterQueue: poison.queue,
        }),
      });
    }
  }
}
