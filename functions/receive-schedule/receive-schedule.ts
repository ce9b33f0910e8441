import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { openRun } from '../../shared/run/open-run.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { askAgainLater } from '../ask-again.ts';
import type { Services } from '../services.ts';

/** What a schedule sends: the time it was scheduled for, not the time it came (`<aws.scheduler.scheduled-time>` on AWS). */
const scheduleMessage = z.object({
  pipeline: z.string(),
  scheduledAt: z.iso.datetime({ offset: true }),
  /** Set when a person asked for the run by hand: each asking is a run of its own. */
  requestId: z.string().optional(),
});

/** Opens the run that a schedule, or a person, asks for. Repeating it is harmless. */
export async function receiveSchedule(record: SQSRecord, services: Services): Promise<void> {
  const message = readScheduleMessage(record.body);
  if (message === undefined) {
    services.log.error(
      'A message on the schedules queue was acknowledged and left alone: it names no pipeline and time.',
      {
        body: record.body,
      },
    );
    return;
  }
  const { trigger } = message;
  const pipeline = await services.pipelines.freeze(message.pipeline);
  if (!pipeline.ok && (await askAgainLater('schedules', record, pipeline.diagnosis, services))) return;
  const { run, created } = await openRun(services, { pipelineName: message.pipeline, trigger, pipeline });
  services.log.info(created ? 'A schedule became a run.' : 'This schedule has its run already.', {
    runId: run.runId,
    pipeline: message.pipeline,
  });
}

/** @returns undefined when the body is not what a schedule sends: it can never become one */
export function readScheduleMessage(body: string): { pipeline: string; trigger: Trigger } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const read = scheduleMessage.safeParse(json);
  if (!read.success) return undefined;
  const { pipeline, scheduledAt, requestId } = read.data;
  const at = new Date(scheduledAt).toISOString();
  if (requestId === undefined) return { pipeline, trigger: { kind: 'schedule', scheduledAt: at } };
  return { pipeline, trigger: { kind: 'manual', requestId, requestedAt: at } };
}
