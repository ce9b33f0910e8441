import { handleRecords, type SqsHandler } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { receiveSchedule } from './receive-schedule.ts';

/** Turns the firing of a schedule, or a person's asking, into a run that has no file. */
export function createReceiveSchedule(services: Services): SqsHandler {
  return handleRecords(services.log, (record) => receiveSchedule(record, services));
}
