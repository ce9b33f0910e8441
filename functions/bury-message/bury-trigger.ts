import type { SQSRecord } from 'aws-lambda';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { errorText } from '../../shared/run/crash-note.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { pipelinesOf, receiveDrop, triggerOfEvent } from '../receive-drop/receive-drop.ts';
import type { CreatedObject } from '../receive-drop/s3-event.ts';
import { receiveSchedule } from '../receive-schedule/receive-schedule.ts';
import { readScheduleMessage } from '../receive-schedule/schedule-message.ts';
import type { Services } from '../services.ts';

/** A drop whose runs could not be opened: tried once more, and then each is opened as one that has failed. */
export async function buryDrop(
  objects: readonly CreatedObject[],
  record: SQSRecord,
  services: Services,
): Promise<void> {
  const error = await failureOf(() => receiveDrop(record, services));
  if (error === undefined) return;
  for (const object of objects) {
    const trigger = await triggerOf(object, record, services);
    for (const pipelineName of pipelinesOf(object, record, services))
      await openFailed(services, pipelineName, trigger, error);
  }
}

/** The same for a schedule. */
export async function burySchedule(record: SQSRecord, services: Services): Promise<void> {
  const error = await failureOf(() => receiveSchedule(record, services));
  const message = readScheduleMessage(record);
  if (error === undefined) return;
  // Nothing names a run of it, so it stays in sight until it can be reported.
  if (message?.trigger === undefined) throw new Error(error);
  await openFailed(services, message.pipeline, message.trigger, error);
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/** What the bucket says, so that the run has the identity it would have had; else what the event said. */
async function triggerOf(object: CreatedObject, record: SQSRecord, services: Services): Promise<Trigger> {
  const { bucket, key, versionId } = object;
  const head = await services
    .source(bucket)
    .head(key, versionId)
    .catch(() => undefined);
  if (head !== undefined) {
    return { kind: 'drop', bucket, key, versionId: head.versionId, lastModified: head.lastModified, bytes: head.size };
  }
  return triggerOfEvent(object, record);
}

async function openFailed(services: Services, pipelineName: string, trigger: Trigger, error: string): Promise<void> {
  const diagnosis: Diagnosis = {
    category: 'internal',
    cause: 'Plandrop itself kept failing before the run could begin.',
    message: `No run of pipeline "${pipelineName}" could be begun. The last error: ${error}`,
    whatToCheck: [
      'Look at the log of the function that receives drops and schedules.',
      'When the cause is mended, drop the file again, or redrive the run.',
    ],
    retry: { kind: 'no' },
    references: { pipeline: pipelineName },
  };
  const { run } = await openRun(services, { pipelineName, trigger, pipeline: { ok: false, diagnosis } });
  services.log.error('A trigger that never became a run was buried.', {
    runId: run.runId,
    pipeline: pipelineName,
    error,
  });
}
