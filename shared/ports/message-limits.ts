import { MAX_DELAY_SECONDS, type SendOptions } from './queue.ts';

/** SQS: body and attributes together. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_MESSAGE_ATTRIBUTES = 10;
/** SQS: 12 hours. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
export const MAX_VISIBILITY_SECONDS = 43_200;
/** SQS: one ReceiveMessage returns at most ten. */
export const MAX_RECEIVE = 10;

/**
 * Holds every adapter to what SQS accepts, so that a message that works on a laptop works on AWS.
 *
 * @returns the delay in whole seconds, rounded up: a wait is never shortened
 * @throws RangeError naming the limit that is passed
 */
export function checkMessage(body: string, options: SendOptions = {}): number {
  const delaySeconds = Math.ceil(options.delaySeconds ?? 0);
  if (!(delaySeconds >= 0 && delaySeconds <= MAX_DELAY_SECONDS))
    throw new RangeError(`A message can be delayed by 0 to ${MAX_DELAY_SECONDS} seconds, not ${options.delaySeconds}`);
  if (body.length === 0) throw new RangeError('A message needs a body');
  const attributes = Object.entries(options.attributes ?? {});
  if (attributes.length > MAX_MESSAGE_ATTRIBUTES)
    throw new RangeError(`A message carries at most ${MAX_MESSAGE_ATTRIBUTES} attributes, not ${attributes.length}`);
  let bytes = Buffer.byteLength(body);
  for (const [name, value] of attributes) {
    if (!/^[\w-]+(\.[\w-]+)*$/.test(name)) throw new RangeError(`"${name}" cannot name a message attribute`);
    if (value === '') throw new RangeError(`The message attribute "${name}" is empty`);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 'String'.length;
  }
  if (bytes > MAX_MESSAGE_BYTES)
    throw new RangeError(`A message holds at most ${MAX_MESSAGE_BYTES} bytes with its attributes, not ${bytes}`);
  return delaySeconds;
}

/** @throws RangeError outside 0 to 12 hours */
export function checkVisibility(seconds: number): void {
  if (!(Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_VISIBILITY_SECONDS))
    throw new RangeError(`A visibility timeout is 0 to ${MAX_VISIBILITY_SECONDS} whole seconds, not ${seconds}`);
}

/** @throws RangeError outside 1 to 10 */
export function checkReceive(max: number): void {
  if (!(Number.isInteger(max) && max >= 1 && max <= MAX_RECEIVE))
    throw new RangeError(`A receive asks for 1 to ${MAX_RECEIVE} messages, not ${max}`);
}
