import type { SQSRecord } from 'aws-lambda';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { askAgainLater } from '../ask-again.ts';
import { freezeForRun } from '../freeze-for-run.ts';
import { receiveCountOf } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { reportStrangeMessage, sentAtOf } from '../strange-message.ts';
import { type CreatedObject, readS3Message } from './s3-event.ts';

/** Attribute of a drop message that names its pipeline, whatever the key: `plandrop run` was told which. */
export const PIPELINE_ATTRIBUTE = 'pipeline';

/** The pipelines that a drop is for: the one that its message names, else those whose pattern matches the key. */
export function pipelinesOf(object: CreatedObject, record: SQSRecord, services: Services): readonly string[] {
  const told = record.messageAttributes[PIPELINE_ATTRIBUTE]?.stringValue;
  return told === undefined ? services.pipelines.matching(object.key) : [told];
}

/** Opens a run for each pipeline of each object that the message tells of. Repeating it is harmless. */
export async function receiveDrop(record: SQSRecord, services: Services): Promise<void> {
  const message = readS3Message(record.body);
  if (message.kind === 'ignored') {
    services.log.info(`Ignored a message: ${message.because}.`);
    return;
  }
  // Trying again cannot make it readable.
  if (message.kind === 'unreadable')
    return reportStrangeMessage('drops', { record, because: message.because }, services);
  for (const object of message.objects) await receiveObject(object, record, services);
}

async function receiveObject(object: CreatedObject, record: SQSRecord, services: Services): Promise<void> {
  const pipelines = pipelinesOf(object, record, services);
  if (pipelines.length === 0) {
    services.log.warn('No pipeline matches this drop, so nothing is done with it.', {
      bucket: object.bucket,
      key: object.key,
    });
    return;
  }
  const { trigger, gone } = await triggerOf(object, record, services);
  for (const pipelineName of pipelines) {
    // A drop that is matched has an outcome, also when somebody deleted it before it could begin.
    const pipeline =
      gone === undefined
        ? await freezeForRun(pipelineName, trigger, receiveCountOf(record), services)
        : { ok: false as const, diagnosis: gone };
    if (!pipeline.ok && (await askAgainLater('drops', record, pipeline.diagnosis, services))) return;
    const { run, created } = await openRun(services, { pipelineName, trigger, pipeline });
    services.log.info(created ? 'A drop became a run.' : 'This drop has its run already.', {
      runId: run.runId,
      pipeline: pipelineName,
      key: object.key,
    });
  }
}

/** The trigger as the bucket tells it, so that every delivery names the same run; where the version is gone, as the event tells it. */
async function triggerOf(
  object: CreatedObject,
  record: SQSRecord,
  services: Services,
): Promise<{ trigger: Trigger; gone?: Diagnosis }> {
  const { bucket, key, versionId } = object;
  const head = await services.source(bucket).head(key, versionId);
  if (head === undefined) return { trigger: triggerOfEvent(object, record), gone: vanished(object) };
  const { lastModified, size } = head;
  return { trigger: { kind: 'drop', bucket, key, versionId: head.versionId, lastModified, bytes: size } };
}

/** What is known of a drop that cannot be looked at. */
export function triggerOfEvent(
  { bucket, key, versionId, bytes = 0, eventTime }: CreatedObject,
  record: SQSRecord,
): Trigger {
  const lastModified = eventTime ?? sentAtOf(record);
  return { kind: 'drop', bucket, key, versionId: versionId ?? 'unknown', lastModified, bytes };
}

function vanished({ bucket, key }: CreatedObject): Diagnosis {
  return {
    category: 'source-file',
    cause: 'The file was deleted, or its version expired, before its run could begin.',
    message: `${key} is no longer there, so it was not loaded.`,
    whatToCheck: [
      'Drop the file again.',
      'See which lifecycle rule or person deletes files before they are processed.',
    ],
    retry: { kind: 'no' },
    references: { bucket, key },
  };
}
