import type { SQSRecord } from 'aws-lambda';
import { bury } from '../../shared/run/bury.ts';
import { parseRunMessage, type RunMessage } from '../../shared/run/message.ts';
import { handleRecords, type SqsHandler } from '../handle-records.ts';
import { readS3Message } from '../receive-drop/s3-event.ts';
import { readScheduleMessage } from '../receive-schedule/schedule-message.ts';
import type { Services } from '../services.ts';
import { reportStrangeMessage } from '../strange-message.ts';
import { buryDrop, burySchedule } from './bury-trigger.ts';
import { reportUnreadable, whyUnreadable } from './unreadable-ledger.ts';

/**
 * Deals with messages whose handlers kept failing, so that no run is lost in the poison queue: each is tried again, or becomes an
 * outcome that somebody is told of.
 */
export function createBuryMessage(services: Services): SqsHandler {
  return handleRecords(services.log, (record) => buryMessage(record, services));
}

async function buryMessage(record: SQSRecord, services: Services): Promise<void> {
  const message = parseRunMessage(record.body);
  if (message !== undefined) return buryTurn(message, services);
  const drop = readS3Message(record.body);
  if (drop.kind === 'created') return buryDrop(drop.objects, record, services);
  if (drop.kind === 'ignored') return;
  if (readScheduleMessage(record) !== undefined) return burySchedule(record, services);
  return reportStrangeMessage('poison', { record, because: 'nothing of ours looks like it' }, services);
}

async function buryTurn(message: RunMessage, services: Services): Promise<void> {
  try {
    await bury(services, message);
  } catch (error) {
    const unreadable = await whyUnreadable(message, services);
    if (unreadable === undefined) throw error;
    await reportUnreadable(message, unreadable, services);
  }
}
