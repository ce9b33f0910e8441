import type { SQSRecord } from 'aws-lambda';
import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';
import { countOf } from '../shared/diagnosis/words.ts';
import { MAX_DELAY_SECONDS } from '../shared/ports/queue.ts';
import { backoffSeconds } from '../shared/retry/backoff.ts';
import type { Services } from './services.ts';

const ATTEMPT_ATTRIBUTE = 'attempt';
/** epoch ms before which the message is only passed on: SQS delays by 15 minutes at most, and Anaplan may ask for more */
const NOT_BEFORE_ATTRIBUTE = 'notBefore';
const MAX_ATTEMPTS = 8;

type TriggerQueue = 'drops' | 'schedules';
type Asking = Pick<Services, 'clock' | 'queues' | 'random' | 'log'>;

/** Whether names that could not be looked up are looked up again: it may help, and was not tried often enough. */
export function isAskedAgain(record: SQSRecord, { retry }: Diagnosis): boolean {
  return retry.kind !== 'no' && attemptOf(record) < MAX_ATTEMPTS;
}

/** Why a run has failed before it could begin, when its names are not looked up again. */
export function givenUp(record: SQSRecord, diagnosis: Diagnosis): { ok: false; diagnosis: Diagnosis } {
  if (diagnosis.retry.kind === 'no') return { ok: false, diagnosis };
  const message = `${diagnosis.message} Given up after ${countOf(attemptOf(record), 'attempt')}.`;
  return { ok: false, diagnosis: { ...diagnosis, message, retry: { kind: 'no' } } };
}

/**
 * Sends a trigger's message again, later, when the names of its pipelines could not be looked up for reasons that may pass: once,
 * however many they are, and not before each of them says. Only one machine by itself looks names up; on AWS they stand in the lock file.
 */
export async function askAgainLater(
  queue: TriggerQueue,
  record: SQSRecord,
  diagnoses: readonly Diagnosis[],
  services: Asking,
): Promise<void> {
  const [first] = diagnoses;
  if (first === undefined) return;
  const { clock, random, log } = services;
  const attempt = attemptOf(record);
  const delays = diagnoses.map(({ retry }) => {
    const retryAfterSeconds = retry.kind === 'after' ? retry.seconds : undefined;
    return Math.ceil(backoffSeconds({ attempt, random, retryAfterSeconds }));
  });
  const delaySeconds = Math.max(...delays);
  const notBefore = clock.now() + delaySeconds * 1000;
  await sendAgain(queue, record, { attempt: attempt + 1, notBefore }, services);
  log.warn(`${first.message} Asking again in ${delaySeconds} s (attempt ${attempt + 1} of ${MAX_ATTEMPTS}).`);
}

function attemptOf({ messageAttributes }: SQSRecord): number {
  return Number.parseInt(messageAttributes[ATTEMPT_ATTRIBUTE]?.stringValue ?? '1', 10);
}

/** Whether the message came before it is due, as one that has to wait for longer than SQS delays does: then it is passed on. */
export async function isTooEarly(queue: TriggerQueue, record: SQSRecord, services: Asking): Promise<boolean> {
  const { [ATTEMPT_ATTRIBUTE]: attempt, [NOT_BEFORE_ATTRIBUTE]: told } = record.messageAttributes;
  const notBefore = Number(told?.stringValue);
  if (!(notBefore > services.clock.now())) return false;
  await sendAgain(queue, record, { attempt: Number(attempt?.stringValue ?? 1), notBefore }, services);
  return true;
}

async function sendAgain(
  queue: TriggerQueue,
  record: SQSRecord,
  { attempt, notBefore }: { attempt: number; notBefore: number },
  { queues, clock }: Asking,
): Promise<void> {
  const attributes: Record<string, string> = {};
  for (const [name, { stringValue }] of Object.entries(record.messageAttributes)) {
    if (stringValue !== undefined) attributes[name] = stringValue;
  }
  attributes[ATTEMPT_ATTRIBUTE] = String(attempt);
  attributes[NOT_BEFORE_ATTRIBUTE] = String(notBefore);
  const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil((notBefore - clock.now()) / 1000)));
  await queues.send(queue, record.body, { delaySeconds, attributes });
}
