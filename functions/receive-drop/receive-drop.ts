import type { SQSRecord } from 'aws-lambda';
import { backoffSeconds } from '../../shared/retry/backoff.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import type { Services } from '../services.ts';
import { type CreatedObject, readS3Message } from './s3-event.ts';

/** Attribute of a drop message that names its pipeline, whatever the key: `plandrop run` was told which. */
export const PIPELINE_ATTRIBUTE = 'pipeline';
const ATTEMPT_ATTRIBUTE = 'attempt';
const MAX_ATTEMPTS = 8;

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
  if (message.kind === 'unreadable') {
    // Trying again cannot make it readable.
    services.log.error(`A message on the drops queue was acknowledged and left alone: ${message.because}.`, {
      body: record.body,
    });
    return;
  }
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
  const head = await services.source(object.bucket).head(object.key, object.versionId);
  if (head === undefined) {
    services.log.warn('The drop is no longer there, so nothing is done with it.', { ...object });
    return;
  }
  const trigger: Trigger = {
    kind: 'drop',
    bucket: object.bucket,
    key: object.key,
    versionId: head.versionId,
    lastModified: head.lastModified,
    bytes: head.size,
  };
  for (const pipelineName of pipelines) {
    const pipeline = await services.pipelines.freeze(pipelineName);
    if (!pipeline.ok && pipeline.diagnosis.retry.kind !== 'no' && (await askAgainLater(record, services))) return;
    const { run, created } = await openRun(services, { pipelineName, trigger, pipeline });
    services.log.info(created ? 'A drop became a run.' : 'This drop has its run already.', {
      runId: run.runId,
      pipeline: pipelineName,
      key: object.key,
    });
  }
}

/** Names could not be resolved for a reason that may pass: the drop comes back later, a bounded number of times. */
async function askAgainLater(record: SQSRecord, { queues, random }: Services): Promise<boolean> {
  const attempt = Number.parseInt(record.messageAttributes[ATTEMPT_ATTRIBUTE]?.stringValue ?? '1', 10);
  if (attempt >= MAX_ATTEMPTS) return false;
  const told = record.messageAttributes[PIPELINE_ATTRIBUTE]?.stringValue;
  await queues.send('drops', record.body, {
    delaySeconds: backoffSeconds({ attempt, random }),
    attributes: {
      [ATTEMPT_ATTRIBUTE]: String(attempt + 1),
      ...(told === undefined ? {} : { [PIPELINE_ATTRIBUTE]: told }),
    },
  });
  return true;
}
