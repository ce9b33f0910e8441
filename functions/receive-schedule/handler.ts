import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { openRun } from '../../shared/run/open-run.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { handleRecords, type SqsHandler } from '../handle-records.ts';
import type { Services } from '../services.ts';

/** What a schedule sends: the time it was scheduled for, not the time it came (`<aws.scheduler.scheduled-time>` on AWS). */
const scheduleMessage = z.object({
  pipeline: z.string(),
  scheduledAt: z.iso.datetime({ offset: true }),
  /** Set when a person asked for the run by hand: each asking is a run of its own. */
  requestId: z.string().optional(),
});

/** Turns the firing of a schedule, or a person's asking, into a run that has no file. */
export function createReceiveSchedule(services: Services): SqsHandler {
  return handleRecords(services.log, (record) => receiveSchedule(record, services));
}

async function receiveSchedule(record: SQSRecord, services: Services): Promise<void> {
  const message = parse(record.body);
  if (message === undefined) {
    services.log.error(
      'A message on the schedules queue was acknowledged and left alone: it names no pipeline and time.',
      {
        body: record.body,
      },
    );
    return;
  }
  const at = new Date(message.scheduledAt).toISOString();
  const trigger: Trigger =
    message.requestId === undefined
      ? { kind: 'schedule', scheduledAt: at }
      : { kind: 'manual', requestId: message.requestId, requestedAt: at };
  const pipeline = await services.pipelines.freeze(message.pipeline);
  const { run, created } = await openRun(services, { pipelineName: message.pipeline, trigger, pipeline });
  services.log.info(created ? 'A schedule became a run.' : 'This schedule has its run already.', {
    runId: run.runId,
    pipeline: message.pipeline,
  });
}

function parse(body: string): z.infer<typeof scheduleMessage> | undefined {
  try {
    return scheduleMessage.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
