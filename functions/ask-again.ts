import type { SQSRecord } from 'aws-lambda';
import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';
import { backoffSeconds } from '../shared/retry/backoff.ts';
import type { Services } from './services.ts';

const ATTEMPT_ATTRIBUTE = 'attempt';
const MAX_ATTEMPTS = 8;

/**
 * Sends a trigger's message again, later, when its pipeline's names could not be looked up for a reason that may pass. Only one
 * machine by itself looks names up; on AWS they stand in the lock file.
 *
 * @returns false when trying again cannot help, or has been tried often enough: then the run has failed before it could begin
 */
export async function askAgainLater(
  queue: 'drops' | 'schedules',
  record: SQSRecord,
  diagnosis: Diagnosis,
  { queues, random, log }: Services,
): Promise<boolean> {
  const attempt = Number.parseInt(record.messageAttributes[ATTEMPT_ATTRIBUTE]?.stringValue ?? '1', 10);
  if (diagnosis.retry.kind === 'no' || attempt >= MAX_ATTEMPTS) return false;
  const asked = diagnosis.retry.kind === 'after' ? diagnosis.retry.seconds : undefined;
  const delaySeconds = Math.min(900, Math.ceil(backoffSeconds({ attempt, random, retryAfterSeconds: asked })));
  const attributes: Record<string, string> = {};
  for (const [name, { stringValue }] of Object.entries(record.messageAttributes)) {
    if (stringValue !== undefined) attributes[name] = stringValue;
  }
  attributes[ATTEMPT_ATTRIBUTE] = String(attempt + 1);
  await queues.send(queue, record.body, { delaySeconds, attributes });
  log.warn(`${diagnosis.message} Asking again in ${delaySeconds} s (attempt ${attempt + 1} of ${MAX_ATTEMPTS}).`);
  return true;
}
