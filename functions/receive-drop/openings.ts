import type { SQSRecord } from 'aws-lambda';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import type { SetPlace } from '../../shared/pipeline/match-set.ts';
import { NotAllowedError } from '../../shared/ports/store.ts';
import { type Drop, NO_VERSION, type Trigger } from '../../shared/run/trigger.ts';
import { receiveCountOf } from '../handle-records.ts';
import { notReadable } from '../not-readable.ts';
import type { Services } from '../services.ts';
import { sentAtOf } from '../strange-message.ts';
import { filesTrigger, readFilesAttribute } from './files-attribute.ts';
import type { CreatedObject } from './s3-event.ts';

/** Attribute of a drop message that names its pipeline, whatever the key: `plandrop run` was told which. */
export const PIPELINE_ATTRIBUTE = 'pipeline';

/** Whether a person named the pipeline of the drop. */
export function isByHand({ messageAttributes }: SQSRecord): boolean {
  return messageAttributes[PIPELINE_ATTRIBUTE] !== undefined;
}

/** What a drop message asks for: a run, or a place in a set. */
export interface Opening {
  pipelineName: string;
  trigger: Trigger;
  /** the drop is a part of this set, and starts nothing by itself */
  member?: { drop: Drop; place: SetPlace };
  /** why there is nothing to load: the version is no longer there, or nobody may read it */
  gone?: Diagnosis;
}

/** A drop as it is found, and why it is not. */
export interface Found {
  drop: Drop;
  gone?: Diagnosis;
}

/** What the objects of a message ask for; nothing for an object that no pipeline takes. */
export async function openingsOf(
  objects: readonly CreatedObject[],
  record: SQSRecord,
  { pipelines, find }: Pick<Services, 'pipelines'> & { find(object: CreatedObject): Promise<Found> },
): Promise<Opening[]> {
  const told = record.messageAttributes[PIPELINE_ATTRIBUTE]?.stringValue;
  const together = readFilesAttribute(record);
  if (told !== undefined && together !== undefined) {
    const found: Found[] = [];
    for (const object of objects) found.push(await find(object));
    const { gone } = found.find((each) => each.gone !== undefined) ?? {};
    const trigger = filesTrigger(
      together.setId,
      found.map(({ drop }, index) => ({ ...drop, file: together.files[index] ?? '' })),
    );
    return [{ pipelineName: told, trigger, ...(gone === undefined ? {} : { gone }) }];
  }
  const openings: Opening[] = [];
  for (const object of objects) {
    const names = told === undefined ? pipelines.matching(object.key) : [told];
    const places = told === undefined ? pipelines.sets(object.key) : [];
    if (names.length + places.length === 0) continue;
    const { drop, ...rest } = await find(object);
    const trigger: Trigger = { kind: 'drop', ...drop };
    for (const pipelineName of names) openings.push({ pipelineName, trigger, ...rest });
    for (const place of places)
      openings.push({ pipelineName: place.pipeline, trigger, member: { drop, place }, ...rest });
  }
  return openings;
}

/** The drop as the bucket tells it, so that every delivery names the same run; where the version is gone, as the event tells it. */
export async function findDrop(object: CreatedObject, record: SQSRecord, services: Services): Promise<Found> {
  const { bucket, key, versionId } = object;
  const head = await services
    .source(bucket)
    .head(key, versionId)
    .catch((error: unknown) => {
      // Rights take a while to hold everywhere, so one more delivery asks again.
      if (error instanceof NotAllowedError && receiveCountOf(record) > 1) return 'not-allowed' as const;
      throw error;
    });
  if (head === 'not-allowed') return { drop: dropOfEvent(object, record), gone: notReadable(object) };
  if (head === undefined) return { drop: dropOfEvent(object, record), gone: vanished(object) };
  const { lastModified, size } = head;
  return { drop: { bucket, key, versionId: head.versionId, lastModified, bytes: size } };
}

/** What is known of a drop that cannot be looked at. */
export function dropOfEvent({ bucket, key, versionId, bytes = 0, eventTime }: CreatedObject, record: SQSRecord): Drop {
  return { bucket, key, versionId: versionId ?? NO_VERSION, lastModified: eventTime ?? sentAtOf(record), bytes };
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
