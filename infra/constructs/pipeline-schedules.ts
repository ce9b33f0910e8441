import { Annotations, RemovalPolicy, TimeZone } from 'aws-cdk-lib';
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
import { expectationSchedule } from '../../shared/pipeline/expectation.ts';
import { type ScheduleExpression as FiringSchedule, nextFiring } from '../../shared/pipeline/schedule-times.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { PoisonQueue } from './poison-queue.ts';

export interface PipelineSchedulesProps {
  pipelines: Configuration['pipelines'];
  schedules: Queue;
  poison: PoisonQueue;
  /** epoch ms; what is over by then is left out */
  now: number;
}

/**
 * One schedule for each scheduled pipeline, and one for each that expects files by some time of day. It sends the time it was scheduled for, which is what names the run. EventBridge Scheduler
 * refuses a time that is over, so one that has fired is left out: else it would stand in the way of each later deployment.
 */
export class PipelineSchedules extends Construct {
  constructor(scope: Construct, id: string, { pipelines, schedules, poison, now }: PipelineSchedulesProps) {
    super(scope, id);
    const scheduled = Object.entries(pipelines).flatMap(([name, { trigger }]) =>
      trigger?.kind === 'schedule' ? [{ name, ...trigger }] : [],
    );
    const over = scheduled.filter((schedule) => nextFiring(schedule, now, now) === undefined);
    for (const { name, expression, timezone } of over) {
      const text = `Pipeline "${name}" is not scheduled: ${expression} in ${timezone} fires no more. Change it, or take it out`;
      Annotations.of(this).addWarningV2(`plandrop:over:${name}`, text);
    }
    const firing = scheduled.filter((schedule) => !over.includes(schedule));
    const expecting = Object.entries(pipelines).flatMap(([name, { expectBy }]) =>
      expectBy === undefined ? [] : [{ name, ...expectationSchedule(expectBy) }],
    );
    if (firing.length + expecting.length === 0) return;
    const scheduleGroup = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    const make = (childId: string, { expression, timezone }: FiringSchedule, description: string, message: object) =>
      new Schedule(this, childId, {
        scheduleGroup,
        description,
        schedule: ScheduleExpression.expression(expression, TimeZone.of(timezone)),
        target: new SqsSendMessage(schedules, {
          input: ScheduleTargetInput.fromObject({ ...message, scheduledAt: ContextAttribute.scheduledTime }),
          deadLetterQueue: poison.queue,
        }),
      });
    for (const schedule of firing) {
      const { name } = schedule;
      make(`Pipeline-${name}`, schedule, `Plandrop: starts pipeline ${name}`, { pipeline: name });
    }
    for (const schedule of expecting) {
      const { name } = schedule;
      const description = `Plandrop: looks whether a file of pipeline ${name} has come`;
      make(`Expect-${name}`, schedule, description, { pipeline: name, expect: true });
    }
  }
}
