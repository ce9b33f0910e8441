import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import type { AfterMessage } from '../../shared/run/followers.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { sentAtOf } from '../strange-message.ts';

/** What a schedule sends: the time it was scheduled for, not the time it came (`<aws.scheduler.scheduled-time>` on AWS). */
const scheduleMessage = z.object({
  pipeline: z.string(),
  scheduledAt: z.string(),
  /** Set when a person asked for the run by hand: each asking is a run of its own. */
  requestId: z.string().optional(),
  /** Nothing is to run: a file should have come by then. */
  expect: z.literal(true).optional(),
});

const instant = z.iso.datetime({ offset: true });

/** What a run that succeeded sends for each pipeline that follows its own. */
const afterMessage: z.ZodType<AfterMessage> = z.object({
  pipeline: z.string(),
  after: z.object({ pipeline: z.string(), runId: z.string(), endedAt: z.iso.datetime() }),
});

/**
 * What the scheduler tells of a schedule that it could not hand over: its dead letter may hold our text before the time was filled
 * in, and says the time in this attribute. https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
const SCHEDULED_TIME_ATTRIBUTE = 'SCHEDULED_TIME';

export interface ScheduleMessage {
  pipeline: string;
  /** absent when nobody says for which time it was: then no run can have its name */
  trigger?: Trigger;
  /** instead of a run: by when a file should have come (ISO 8601, UTC) */
  expectedBy?: string;
}

/** @returns undefined when the message is not what a schedule, a person or a run before sends: it can never become one */
export function readScheduleMessage(record: SQSRecord): ScheduleMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(record.body);
  } catch {
    return undefined;
  }
  const following = afterMessage.safeParse(json);
  if (following.success) {
    const { pipeline, after: before } = following.data;
    return { pipeline, trigger: { kind: 'after', ...before } };
  }
  const read = scheduleMessage.safeParse(json);
  if (!read.success) return undefined;
  const { pipeline, scheduledAt, requestId, expect } = read.data;
  const told = [scheduledAt, record.messageAttributes[SCHEDULED_TIME_ATTRIBUTE]?.stringValue];
  const time = told.find((each) => instant.safeParse(each).success);
  if (time === undefined) return expect ? { pipeline, expectedBy: sentAtOf(record) } : { pipeline };
  const at = new Date(time).toISOString();
  if (expect) return { pipeline, expectedBy: at };
  if (requestId === undefined) return { pipeline, trigger: { kind: 'schedule', scheduledAt: at } };
  return { pipeline, trigger: { kind: 'manual', requestId, requestedAt: at } };
}
