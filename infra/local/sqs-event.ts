import { createHash, randomUUID } from 'node:crypto';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Clock } from '../../shared/ports/clock.ts';
import { QUEUE_NAMES, type QueueName, type ReceivedMessage } from '../../shared/ports/queue.ts';

const REGION = 'local';
const ACCOUNT = '000000000000';

/** The queue's ARN as it stands in local events; its last part is the queue's name. */
export function queueArn(queue: QueueName): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}`;
}

/** The queue that a local ARN names. */
export function queueOfArn(arn: string): QueueName | undefined {
  const last = arn.split(':').at(-1);
  return QUEUE_NAMES.find((name) => name === last);
}

/** The event that Lambda's event source mapping would pass. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
export function sqsEvent(queue: QueueName, messages: readonly ReceivedMessage[], now: number): SQSEvent {
  return { Records: messages.map((message) => sqsRecord(queue, message, now)) };
}

function sqsRecord(queue: QueueName, message: ReceivedMessage, now: number): SQSRecord {
  const source = message.deadLetterSource;
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: ACCOUNT,
      ApproximateFirstReceiveTimestamp: String(now),
      ...(source === undefined ? {} : { DeadLetterQueueSourceArn: queueArn(source) }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
    ),
    md5OfBody: createHash('md5').update(message.body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn(queue),
    awsRegion: REGION,
  };
}

/** A context like Lambda's for one invocation that may take `timeoutSeconds`. */
export function lambdaContext(functionName: string, timeoutSeconds: number, clock: Clock): Context {
  const until = clock.now() + timeoutSeconds * 1000;
  const obsolete = () => {
    throw new Error('context.done, fail and succeed are gone: return a promise');
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}`,
    memoryLimitInMB: '1024',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: REGION,
    getRemainingTimeInMillis: () => Math.max(0, until - clock.now()),
    done: obsolete,
    fail: obsolete,
    succeed: obsolete,
  };
}

/**
 * Which messages of a batch failed, by Lambda's rules for `ReportBatchItemFailures`: nothing or an empty list is a success; an
 * unknown identifier, an empty one or another shape fails the whole batch.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedMessages(response: unknown, messageIds: readonly string[]): ReadonlySet<string> {
  const everything = new Set(messageIds);
  if (response === undefined || response === null) return new Set();
  if (typeof response !== 'object') return everything;
  if (!('batchItemFailures' in response) || response.batchItemFailures == null) return new Set();
  if (!Array.isArray(response.batchItemFailures)) return everything;
  const failed = new Set<string>();
  for (const item of response.batchItemFailures) {
    const id: unknown = item?.itemIdentifier;
    if (typeof id !== 'string' || !everything.has(id)) return everything;
    failed.add(id);
  }
  return failed;
}
