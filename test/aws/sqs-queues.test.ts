import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import { sqsClient } from '../../shared/ports/aws/clients.ts';
import { SqsQueues } from '../../shared/ports/aws/sqs-queues.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import type { QueueName } from '../../shared/ports/queue.ts';
import { describeQueue, MAX_RECEIVE_COUNT } from '../contract/ports/queue-contract.ts';
import { newName, requireLocalEndpoint } from './endpoint.ts';

requireLocalEndpoint();
const client: SQSClient = sqsClient();
afterAll(() => client.destroy());

async function createQueue(prefix: string, queue: QueueName, deadLetterTargetArn?: string): Promise<string> {
  const redrive = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVE_COUNT });
  const { QueueUrl = '' } = await client.send(
    new CreateQueueCommand({
      QueueName: `${prefix}-${queue}`,
      ...(deadLetterTargetArn === undefined ? {} : { Attributes: { RedrivePolicy: redrive } }),
    }),
  );
  return QueueUrl;
}

async function createQueues(): Promise<Record<'upload' | 'start' | 'poll' | 'collect' | 'poison', string>> {
  const prefix = newName('plandrop');
  const poison = await createQueue(prefix, 'poison');
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: poison, AttributeNames: ['QueueArn'] }),
  );
  const work = (queue: QueueName) => createQueue(prefix, queue, Attributes?.QueueArn ?? '');
  return {
    upload: await work('upload'),
    start: await work('start'),
    poll: await work('poll'),
    collect: await work('collect'),
    poison,
  };
}

describeQueue(
  'SQS',
  async () => ({
    queues: new SqsQueues(client, await createQueues()),
    // The server has its own clock, and it cannot be turned.
    pass: (seconds) => systemClock.sleep(seconds * 1000),
    close: async () => undefined,
  }),
  { staleReceiptsDelete: true, poisonWithoutSource: true },
);

describe('SqsQueues', () => {
  it('says which queue it was not told of', async () => {
    await expect(new SqsQueues(client, {}).send('poll', 'x')).rejects.toThrow(
      'The address of the poll queue is not configured',
    );
  });
});
