import type { Context, SQSEvent } from 'aws-lambda';
import type { Logger } from '../../shared/observe/logger.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { checkReceive, MAX_VISIBILITY_SECONDS } from '../../shared/ports/message-limits.ts';
import type { QueueName, ReceivedMessage } from '../../shared/ports/queue.ts';
import type { SqliteQueues } from './sqlite-queue.ts';
import { failedMessages, lambdaContext, sqsEvent } from './sqs-event.ts';
import type { Trouble } from './trouble.ts';

/** A Lambda handler for a queue; resolves with an `SQSBatchResponse` or with nothing. */
export type QueueHandler = (event: SQSEvent, context: Context) => Promise<unknown>;

export interface Mapping {
  queue: QueueName;
  handler: QueueHandler;
  /** Messages per invocation, at most 10; default 1. */
  batchSize?: number;
  /** Invocations at the same time, at most; default 2, Lambda's own minimum. */
  maximumConcurrency?: number;
  /** What the handler's context counts down; default 120. Nothing can stop a handler of this process. */
  timeoutSeconds?: number;
  /** As in the handler's context; default: the queue's name. */
  functionName?: string;
}

export interface MappingOptions {
  queues: Pick<SqliteQueues, 'receive' | 'delete' | 'changeVisibility' | 'nextVisibleAt'>;
  clock: Clock;
  log: Logger;
  /** After how long a failed message reappears. */
  failedVisibilitySeconds: number;
  /** How long the queue is left alone while nothing is due, for messages that another process sends. */
  lookAgainMs: number;
  /** A reason to receive nothing for now, in plain words. */
  pause: () => string | undefined;
  /** Is told what `pause` and the disk say. */
  trouble: Trouble;
  /** Called after each batch. */
  onSettled: () => void;
}

/** How long to leave a disk alone that does not take writes. */
const TROUBLE_MS = 5000;

/**
 * Receives from one queue and calls its handler, as Lambda's event source mapping does: what succeeded is deleted, what failed
 * reappears after a while, and after too many deliveries SQS's rule moves it to the poison queue.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 *
 * A message in a running handler never becomes visible to anybody else: it is received for as long as SQS allows, and if
 * this process dies, the next engine makes it visible at its start.
 */
export class EventSourceMapping {
  readonly #mapping: Required<Mapping>;
  readonly #options: MappingOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(mapping: Mapping, options: MappingOptions) {
    this.#mapping = {
      batchSize: 1,
      maximumConcurrency: 2,
      timeoutSeconds: 120,
      functionName: mapping.queue,
      ...mapping,
    };
    checkReceive(this.#mapping.batchSize);
    this.#options = options;
  }

  get queue(): QueueName {
    return this.#mapping.queue;
  }

  /** Invocations running now. */
  get running(): number {
    return this.#running.size;
  }

  start(): void {
    this.#loop ??= this.#receive();
  }

  /** Something about the queue has changed: look now. */
  wake(): void {
    this.#wake.abort();
  }

  /** Receives no more, and resolves when every running handler has come back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#loop;
    await Promise.all(this.#running);
  }

  async #receive(): Promise<void> {
    const { queues, clock, trouble } = this.#options;
    const { queue, batchSize, maximumConcurrency } = this.#mapping;
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController();
      if (this.#running.size >= maximumConcurrency) {
        await Promise.race(this.#running);
        continue;
      }
      const reason = this.#options.pause();
      trouble.see(`${queue} pause`, reason);
      if (reason !== undefined) {
        await clock.sleep(TROUBLE_MS, this.#stop.signal);
        continue;
      }
      const messages = await this.#persist('receive', () =>
        queues.receive(queue, { max: batchSize, visibilitySeconds: MAX_VISIBILITY_SECONDS }),
      );
      if (messages === undefined || messages.length === 0) await this.#nothingDue();
      else this.#start(messages);
    }
  }

  async #nothingDue(): Promise<void> {
    const { queues, clock, lookAgainMs } = this.#options;
    const next = await this.#persist('look', async () => queues.nextVisibleAt(this.#mapping.queue));
    const now = clock.now();
    const due = Math.min(next ?? Number.POSITIVE_INFINITY, now + lookAgainMs);
    await clock.sleep(Math.max(0, due - now), this.#wake.signal);
  }

  #start(messages: ReceivedMessage[]): void {
    const invocation = this.#invoke(messages).finally(() => {
      this.#running.delete(invocation);
      this.#options.onSettled();
    });
    this.#running.add(invocation);
  }

  async #invoke(messages: ReceivedMessage[]): Promise<void> {
    const { queues, failedVisibilitySeconds } = this.#options;
    const { queue } = this.#mapping;
    const failed = await this.#call(messages);
    for (const { messageId, receiptHandle } of messages) {
      await this.#persist('acknowledge', () =>
        failed.has(messageId)
          ? queues.changeVisibility(queue, receiptHandle, failedVisibilitySeconds)
          : queues.delete(queue, receiptHandle),
      );
    }
  }

  async #call(messages: ReceivedMessage[]): Promise<ReadonlySet<string>> {
    const { clock, log } = this.#options;
    const { queue, handler, functionName, timeoutSeconds } = this.#mapping;
    const ids = messages.map(({ messageId }) => messageId);
    const context = lambdaContext(functionName, timeoutSeconds, clock);
    try {
      const failed = failedMessages(await handler(sqsEvent(queue, messages, clock.now()), context), ids);
      if (failed.size > 0) log.warn(`${functionName} gave ${failed.size} of ${ids.length} messages back`, { queue });
      return failed;
    } catch (error) {
      log.error(`${functionName} failed: ${error instanceof Error ? error.message : String(error)}`, { queue, error });
      return new Set(ids);
    } finally {
      if (context.getRemainingTimeInMillis() === 0)
        log.warn(`${functionName} took longer than its ${timeoutSeconds} s; on Lambda it would have been stopped`, {
          queue,
        });
    }
  }

  /** Repeats what the disk refuses until it works or the engine stops; `undefined` if it never did. */
  async #persist<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    const { clock, trouble } = this.#options;
    const source = `${this.#mapping.queue} ${what}`;
    for (;;) {
      try {
        const done = await act();
        trouble.see(source, undefined);
        return done;
      } catch (error) {
        trouble.see(source, error instanceof Error ? error.message : String(error));
        if (this.#stop.signal.aborted) return undefined;
        await clock.sleep(TROUBLE_MS, this.#stop.signal);
      }
    }
  }
}
