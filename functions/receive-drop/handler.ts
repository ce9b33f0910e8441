import { handleRecords, type SqsHandler } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { receiveDrop } from './receive-drop.ts';

export { FILES_ATTRIBUTE, type FilesAttribute, filesTrigger } from './files-attribute.ts';
export { PIPELINE_ATTRIBUTE } from './openings.ts';

/** Turns S3 events into runs: one for each pipeline whose pattern matches the key. */
export function createReceiveDrop(services: Services): SqsHandler {
  return handleRecords(services.log, (record) => receiveDrop(record, services));
}
