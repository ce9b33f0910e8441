import type { SQSRecord } from 'aws-lambda';
import { excerpt } from '../shared/diagnosis/words.ts';
import { redactText } from '../shared/observe/redact.ts';
import type { QueueName } from '../shared/ports/queue.ts';
import { openRun } from '../shared/run/open-run.ts';
import type { Services } from './services.ts';

/** Stands where a pipeline's name would, in reports of messages that belong to none. */
export const NO_PIPELINE = '(none)';
const SHOWN_CHARACTERS = 500;

/**
 * A message that nothing of ours could have sent becomes a run that has failed already: acknowledged it would be gone, and it may be
 * a drop in a form that we do not know. SQS's message id names the run, so there is one report and one alert, however often it comes.
 */
export async function reportStrangeMessage(
  queue: QueueName,
  { record, because }: { record: SQSRecord; because: string },
  services: Services,
): Promise<void> {
  const { messageId, body } = record;
  const trigger = { kind: 'manual', requestId: `message ${messageId}`, requestedAt: sentAtOf(record) } as const;
  const diagnosis = {
    category: 'unrecognised',
    cause:
      'It is nothing that Plandrop sends, nor what S3 or a schedule sends it, so nobody knows what was to be done.',
    message: `A message on the ${queue} queue was left alone: ${because}. It reads: ${excerpt(redactText(body), SHOWN_CHARACTERS)}`,
    whatToCheck: [
      'See who sends to that queue besides Plandrop, and stop it.',
      'If it tells of a file, drop that file again. Then note that it is dealt with: plandrop failures discard <runId> --because …',
    ],
    retry: { kind: 'no' },
    references: { queue, messageId },
  } as const;
  const { run } = await openRun(services, { pipelineName: NO_PIPELINE, trigger, pipeline: { ok: false, diagnosis } });
  services.log.error('A message was left alone, and reported.', { queue, messageId, because, runId: run.runId });
}

/** When the message was first sent (ISO 8601, UTC): it stays the same when SQS moves it to the poison queue. */
export function sentAtOf({ attributes }: SQSRecord): string {
  return new Date(Number(attributes.SentTimestamp)).toISOString();
}
