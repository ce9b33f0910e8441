import type { Clock, Random } from '../clock.ts';
import { checkMessage, checkReceive, checkVisibility } from '../message-limits.ts';
import type { QueueConsumer, QueueName, Queues, ReceivedMessage, SendOptions } from '../queue.ts';
import { type Faults, InjectedFault } from './injected-fault.ts';

export interface QueueOperation {
  name: 'send' | 'receive' | 'delete' | 'changeVisibility';
  queue: QueueName;
  /** only of a `send` */
  body?: string;
}

/**
 * - `fail`: throws before anything has happened.
 * - `lost-acknowledgement`: it happens, then throws: a message is sent, deleted or in flight and the caller does not know.
 * - `duplicate`: a `send` that will be delivered twice, as standard queues may do; elsewhere nothing.
 */
export type QueueFault = 'fail' | 'lost-acknowledgement' | 'duplicate';

export interface MemoryQueuesOptions {
  clock: Clock;
  /** Deliveries before a message moves to the poison queue; default 5. */
  maxReceiveCount?: number;
  faults?: Faults<QueueOperation, QueueFault>;
  /** Where given, visible messages are received in random order; else earliest visible first. */
  random?: Random;
}

interface Message extends Omit<ReceivedMessage, 'receiptHandle'> {
  queue: QueueName;
  visibleAt: number;
  receiptHandle?: string;
}

/** SQS's standard queues in memory; deterministic, and they fail where they are told to. */
export class MemoryQueues implements Queues, QueueConsumer {
  readonly #clock: Clock;
  readonly #maxReceiveCount: number;
  readonly #random: Random | undefined;
  readonly #listeners = new Set<(queue: QueueName) => void>();
  #messages: Message[] = [];
  #ids = 0;
  /** Set it anew at any time, for instance to make the weather calm. */
  faults: Faults<QueueOperation, QueueFault>;

  constructor(options: MemoryQueuesOptions) {
    this.#clock = options.clock;
    this.#maxReceiveCount = options.maxReceiveCount ?? 5;
    this.#random = options.random;
    this.faults = options.faults ?? (() => undefined);
  }

  async send(queue: QueueName, body: string, options: SendOptions = {}): Promise<void> {
    const delaySeconds = checkMessage(body, options);
    const message = { queue, body, attributes: { ...options.attributes }, receiveCount: 0 };
    await this.#do({ name: 'send', queue, body }, (fault) => {
      const sentAt = this.#clock.now();
      const visibleAt = sentAt + delaySeconds * 1000;
      const messageId = `message-${++this.#ids}`;
      for (let copy = 0; copy < (fault === 'duplicate' ? 2 : 1); copy++)
        this.#messages.push({ ...message, messageId, sentAt, visibleAt });
    });
  }

  async receive(
    queue: QueueName,
    options: { max: number; visibilitySeconds: number; waitSeconds?: number },
  ): Promise<ReceivedMessage[]> {
    checkReceive(options.max);
    checkVisibility(options.visibilitySeconds);
    const until = this.#clock.now() + (options.waitSeconds ?? 0) * 1000;
    for (;;) {
      const received = await this.#do({ name: 'receive', queue }, () =>
        this.#take(queue, options.max, options.visibilitySeconds),
      );
      if (received.length > 0 || this.#clock.now() >= until) return received;
      await this.#changeOrTime(queue, until);
    }
  }

  async delete(queue: QueueName, receiptHandle: string): Promise<void> {
    await this.#do({ name: 'delete', queue }, () => {
      this.#messages = this.#messages.filter(
        (message) => message.queue !== queue || message.receiptHandle !== receiptHandle,
      );
    });
  }

  async changeVisibility(queue: QueueName, receiptHandle: string, visibilitySeconds: number): Promise<void> {
    checkVisibility(visibilitySeconds);
    await this.#do({ name: 'changeVisibility', queue }, () => {
      const now = this.#clock.now();
      for (const message of this.#messages) {
        if (message.queue === queue && message.receiptHandle === receiptHandle && message.visibleAt > now)
          message.visibleAt = now + visibilitySeconds * 1000;
      }
    });
  }

  /** When the earliest message of `queue`, or of any queue, is or becomes visible (epoch ms); `undefined` when there is none. */
  nextVisibleAt(queue?: QueueName): number | undefined {
    let next: number | undefined;
    for (const message of this.#messages) {
      if (queue !== undefined && message.queue !== queue) continue;
      if (next === undefined || message.visibleAt < next) next = message.visibleAt;
    }
    return next;
  }

  depth(queue: QueueName): { visible: number; delayed: number; inFlight: number } {
    const now = this.#clock.now();
    const depth = { visible: 0, delayed: 0, inFlight: 0 };
    for (const message of this.#messages) {
      if (message.queue !== queue) continue;
      if (message.visibleAt <= now) depth.visible++;
      else if (message.receiptHandle === undefined) depth.delayed++;
      else depth.inFlight++;
    }
    return depth;
  }

  /** The messages of a queue, undisturbed; for tests and invariants. */
  peek(queue: QueueName): Readonly<Omit<Message, 'receiptHandle'>>[] {
    return this.#messages
      .filter((message) => message.queue === queue)
      .map(({ receiptHandle: _, ...message }) => message);
  }

  /** Calls `listener` whenever something about a queue has changed. Returns how to stop. */
  onChange(listener: (queue: QueueName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #do<T>(operation: QueueOperation, act: (fault: QueueFault | undefined) => T): Promise<T> {
    const fault = await this.faults(operation);
    if (fault === 'fail') throw new InjectedFault(`${operation.name} ${operation.queue}: ${fault}`);
    const result = act(fault);
    if (operation.name !== 'receive') this.#tell(operation.queue);
    if (fault === 'lost-acknowledgement') throw new InjectedFault(`${operation.name} ${operation.queue}: ${fault}`);
    return result;
  }

  #take(queue: QueueName, max: number, visibilitySeconds: number): ReceivedMessage[] {
    const now = this.#clock.now();
    const visible = this.#messages
      .filter((message) => message.queue === queue && message.visibleAt <= now)
      .toSorted((a, b) => a.visibleAt - b.visibleAt);
    const received: ReceivedMessage[] = [];
    while (visible.length > 0 && received.length < max) {
      const index = this.#random === undefined ? 0 : Math.floor(this.#random() * visible.length);
      const [message] = visible.splice(index, 1);
      if (message === undefined) break;
      if (message.receiveCount >= this.#maxReceiveCount && queue !== 'poison' && queue !== 'failures')
        this.#poison(message, now);
      else received.push(this.#deliver(message, now + visibilitySeconds * 1000));
    }
    return received;
  }

  #deliver(message: Message, visibleAt: number): ReceivedMessage {
    const receiptHandle = `receipt-${++this.#ids}`;
    message.receiveCount++;
    message.visibleAt = visibleAt;
    message.receiptHandle = receiptHandle;
    const { queue: _, visibleAt: __, ...received } = message;
    return { ...received, receiptHandle };
  }

  #poison(message: Message, now: number): void {
    delete message.receiptHandle;
    message.deadLetterSource = message.queue;
    message.queue = 'poison';
    message.receiveCount = 0;
    message.visibleAt = now;
    this.#tell('poison');
  }

  async #changeOrTime(queue: QueueName, until: number): Promise<void> {
    const wake = new AbortController();
    const stop = this.onChange((changed) => changed === queue && wake.abort());
    const due = Math.min(until, this.nextVisibleAt(queue) ?? until);
    await this.#clock.sleep(due - this.#clock.now(), wake.signal);
    stop();
  }

  #tell(queue: QueueName): void {
    for (const listener of this.#listeners) listener(queue);
  }
}
