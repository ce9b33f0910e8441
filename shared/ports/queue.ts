/** The queues between the functions, in the order data flows: one per stage, one poison queue, one feed of failures. */
export const QUEUE_NAMES = ['drops', 'schedules', 'upload', 'start', 'poll', 'collect', 'poison', 'failures'] as const;

export type QueueName = (typeof QUEUE_NAMES)[number];

/** SQS: a message may be delayed by 0 to 900 seconds; longer waits chain. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-timers.html */
export const MAX_DELAY_SECONDS = 900;

export interface SendOptions {
  /** 0 to 900; rounded up to whole seconds by the adapter. */
  delaySeconds?: number;
  /** String attributes an operator can filter on; at most 10 (SQS). */
  attributes?: Readonly<Record<string, string>>;
}

export interface ReceivedMessage {
  messageId: string;
  body: string;
  receiptHandle: string;
  /** 1 on first delivery. */
  receiveCount: number;
  attributes: Readonly<Record<string, string>>;
  /** epoch milliseconds */
  sentAt: number;
  /** Only on the poison queue: the queue whose consumer kept failing on this message (SQS: DeadLetterQueueSourceArn). */
  deadLetterSource?: QueueName;
}

/** What handlers see: sending. A send that fails throws; nobody swallows it. */
export interface Queues {
  send(queue: QueueName, body: string, options?: SendOptions): Promise<void>;
}

/** The consuming side, used by the local event-source mapping, by tools and by the contract suite. Handlers never see it. */
export interface QueueConsumer {
  receive(
    queue: QueueName,
    options: { max: number; visibilitySeconds: number; waitSeconds?: number },
  ): Promise<ReceivedMessage[]>;
  delete(queue: QueueName, receiptHandle: string): Promise<void>;
  changeVisibility(queue: QueueName, receiptHandle: string, visibilitySeconds: number): Promise<void>;
}
