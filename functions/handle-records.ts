import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Logger } from '../shared/observe/logger.ts';
import type { RunEvent } from '../shared/run/decide.ts';
import type { Turn } from '../shared/run/held-turn.ts';
import type { Held } from '../shared/run/ledger.ts';
import { parseRunMessage } from '../shared/run/message.ts';
import type { Stage } from '../shared/run/run.ts';
import { MessageLeftError, takeTurn } from '../shared/run/take-turn.ts';
import type { Services } from './services.ts';
import { reportStrangeMessage } from './strange-message.ts';

/** What Lambda, or the local event-source mapping, calls. A third parameter would be rejected by nodejs24.x. */
export type SqsHandler = (event: SQSEvent, context: object) => Promise<SQSBatchResponse>;

/**
 * A handler that treats each record by itself: those that throw are reported as failed items and delivered again, the others are
 * acknowledged. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function handleRecords(log: Logger, handleRecord: (record: SQSRecord) => Promise<void>): SqsHandler {
  const handler = middy<SQSEvent, unknown>()
    .use(sqsPartialBatchFailure({ logger: () => {} }))
    .handler((event: SQSEvent) =>
      Promise.allSettled(
        event.Records.map(async (record) => {
          try {
            await handleRecord(record);
          } catch (error) {
            const about = { messageId: record.messageId, receiveCount: receiveCountOf(record) };
            if (error instanceof MessageLeftError) log.debug(error.message, about);
            else log.error('A message could not be handled; it will be delivered again.', { ...about, error });
            throw error;
          }
        }),
      ),
    );
  return handler as unknown as SqsHandler;
}

/** A handler whose messages are turns of runs at `stage`. */
export function handleTurns(
  services: Services,
  stage: Stage,
  work: (turn: Turn, services: Services) => Promise<RunEvent>,
  lookAgain?: (held: Held, services: Services) => Promise<void>,
): SqsHandler {
  return handleRecords(services.log, async (record) => {
    const message = parseRunMessage(record.body);
    if (message === undefined)
      return reportStrangeMessage(stage, { record, because: 'it names no run and turn' }, services);
    const delivery = { queue: stage, receiveCount: receiveCountOf(record) };
    return takeTurn(services, message, delivery, {
      turn: (turn) => work(turn, services),
      ...(lookAgain === undefined ? {} : { lookAgain: (held) => lookAgain(held, services) }),
    });
  });
}

export function receiveCountOf(record: SQSRecord): number {
  return Number.parseInt(record.attributes.ApproximateReceiveCount, 10) || 1;
}
