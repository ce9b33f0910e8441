import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { checkMessage, checkReceive, checkVisibility } from '../message-limits.ts';
import {
  QUEUE_NAMES,
  type QueueConsumer,
  type QueueName,
  type Queues,
  type ReceivedMessage,
  type SendOptions,
} from '../queue.ts';

/** Which queue is found where; a function knows only the queues that it sends to. */
export type QueueUrls = Readonly<Partial<Record<QueueName, string>>>;

/** Standard queues of SQS. Receiving is for tools and tests: on AWS, Lambda's event source mapping receives. */
export class SqsQueues implements Queues, QueueConsumer {
  readonly #client: SQSClient;
  readonly #urls: QueueUrls;

  constructor(client: SQSClient, urls: QueueUrls) {
    this.#client = client;
    this.#urls = urls;
  }

  async send(queue: QueueName, body: string, options: SendOptions = {}): Promise<void> {
    const delaySeconds = checkMessage(body, options);
    const attributes = Object.entries(options.attributes ?? {});
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#url(queue),
        MessageBody: body,
        DelaySeconds: delaySeconds,
        MessageAttributes: Object.fromEntries(
          attributes.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
        ),
      }),
    );
  }

  async receive(
    queue: QueueName,
    options: { max: number; visibilitySeconds: number; waitSeconds?: number },
  ): Promise<ReceivedMessage[]> {
    checkReceive(options.max);
    checkVisibility(options.visibilitySeconds);
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url(queue),
        MaxNumberOfMessages: options.max,
        VisibilityTimeout: options.visibilitySeconds,
        WaitTimeSeconds: options.waitSeconds ?? 0,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'DeadLetterQueueSourceArn'],
      }),
    );
    return Messages.map((message) => this.#received(message));
  }

  async delete(queue: QueueName, receiptHandle: string): Promise<void> {
    await this.#client.send(new DeleteMessageCommand({ QueueUrl: this.#url(queue), ReceiptHandle: receiptHandle }));
  }

  /** SQS refuses a message that is no longer in flight. */
  async changeVisibility(queue: QueueName, receiptHandle: string, visibilitySeconds: number): Promise<void> {
    checkVisibility(visibilitySeconds);
    await this.#client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#url(queue),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: visibilitySeconds,
      }),
    );
  }

  #received(message: Message): ReceivedMessage {
    const { ApproximateReceiveCount, SentTimestamp, DeadLetterQueueSourceArn } = message.Attributes ?? {};
    const attributes = Object.entries(message.MessageAttributes ?? {});
    const source = this.#queueOf(DeadLetterQueueSourceArn);
    return {
      messageId: message.MessageId ?? '',
      body: message.Body ?? '',
      receiptHandle: message.ReceiptHandle ?? '',
      receiveCount: Number(ApproximateReceiveCount ?? 1),
      attributes: Object.fromEntries(attributes.map(([name, { StringValue }]) => [name, StringValue ?? ''])),
      sentAt: Number(SentTimestamp ?? 0),
      ...(source === undefined ? {} : { deadLetterSource: source }),
    };
  }

  /** An ARN ends in the queue's own name, and so does its URL. */
  #queueOf(arn: string | undefined): QueueName | undefined {
    const name = arn?.split(':').at(-1);
    return name === undefined ? undefined : QUEUE_NAMES.find((queue) => this.#urls[queue]?.split('/').at(-1) === name);
  }

  #url(queue: QueueName): string {
    const url = this.#urls[queue];
    if (url === undefined) throw new Error(`The address of the ${queue} queue is not configured`);
    return url;
  }
}
