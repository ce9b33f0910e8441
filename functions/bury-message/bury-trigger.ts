import type { SQSRecord } from 'aws-lambda';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { errorText } from '../../shared/run/crash-note.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { dropOfEvent, findDrop, openingsOf } from '../receive-drop/openings.ts';
import { receiveDrop } from '../receive-drop/receive-drop.ts';
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
  const { pipelines } = services;
  // What the bucket says gives the run the identity it would have had; else what the event said.
  const find = (object: CreatedObject) =>
    findDrop(object, record, services).catch(() => ({ drop: dropOfEvent(object, record) }));
  for (const { pipelineName, trigger } of await openingsOf(objects, record, { pipelines, find }))
    await openFailed(services, pipelineName, trigger, error);
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
