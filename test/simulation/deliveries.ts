import { createWatchRuns } from '../../functions/watch-runs/handler.ts';
import { failedMessages, sqsEvent } from '../../infra/local/sqs-event.ts';
import type { ReceivedMessage } from '../../shared/ports/queue.ts';
import { FUNCTION_TIMEOUT_SECONDS, VISIBILITY_SECONDS } from '../../shared/run/limits.ts';
import { parseRunMessage } from '../../shared/run/message.ts';
import { type InHand, inHand } from './in-hand.ts';
import { WORK_QUEUES, type WorkQueue } from './installation.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/** How long a received message stays away: on AWS the visibility timeout, on one machine as long as SQS allows. */
const AWAY_SECONDS = { aws: VISIBILITY_SECONDS, local: 43_200 } as const;
/** Where the local engine lets a failed message reappear; on AWS it waits for its visibility timeout. */
const FAILED_SECONDS = 5;
/**
 * Functions whose `RecursiveLoop` is `Terminate` (test/infra/plandrop-stack.test.ts), and how often such a function may be invoked in one
 * chain of requests. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
const TERMINATED: readonly string[] = ['drops', 'schedules'] satisfies WorkQueue[];
const MOST_INVOCATIONS = 16;

interface Invocation {
  /** absent: the watch, which a timer invokes */
  received?: { queue: WorkQueue; message: ReceivedMessage };
  process: SimulatedProcess;
  startedAt: number;
}

/** What Lambda's event source mappings do, or the local engine's: messages become invocations of functions in processes. */
export class Deliveries {
  readonly #world: World;
  readonly #invocations = new Set<Invocation>();
  #idle: SimulatedProcess[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  get running(): number {
    return this.#invocations.size;
  }

  /** Processes with something in their hands. */
  get processes(): SimulatedProcess[] {
    return [...new Set([...this.#invocations].map(({ process }) => process))];
  }

  /** Whether a process does something that is neither waiting for its turn nor sleeping. */
  get isBusy(): boolean {
    for (const { process } of this.#invocations) if (process.alive && process.parked === 0) return true;
    return false;
  }

  /** Queues of which a message can be delivered now. */
  deliverable(): WorkQueue[] {
    const { clock, queues, options } = this.#world;
    return WORK_QUEUES.filter((queue) => {
      const visibleAt = queues.nextVisibleAt(queue);
      if (visibleAt === undefined || visibleAt > clock.now()) return false;
      let running = 0;
      for (const { received } of this.#invocations) if (received?.queue === queue) running++;
      return running < (options.concurrency ?? 2);
    });
  }

  /** When something is due that nobody waits for by a sleep. */
  times(): (number | undefined)[] {
    const { queues } = this.#world;
    return [
      ...WORK_QUEUES.map((queue) => queues.nextVisibleAt(queue)),
      ...[...this.#invocations].map((each) => this.#endOf(each)),
    ];
  }

  async deliver(queue: WorkQueue): Promise<void> {
    const { queues, like, clock } = this.#world;
    const [message] = await queues.receive(queue, { max: 1, visibilitySeconds: AWAY_SECONDS[like] });
    if (message === undefined) return;
    const process = this.#processFor();
    const received = { queue, message };
    this.#world.trace(
      () => `     ${process.name} receives ${queue} ${message.body.slice(0, 70)} (${message.receiveCount})`,
    );
    this.#begin({ received, process, startedAt: clock.now() }, this.#invoke(received, process));
  }

  /** The timer of the watch goes off. */
  watch(): void {
    const process = this.#processFor();
    const services = this.#world.servicesOf(process);
    const watched = inHand.run({ lineage: {} }, () => createWatchRuns(services)());
    const over = watched.then(
      () => {},
      (error: unknown) => {
        if (process.alive) this.#world.trace(() => `     the watch failed: ${String(error)}`);
      },
    );
    this.#begin({ process, startedAt: this.#world.clock.now() }, over);
  }

  /** Lambda stops a function that takes too long; nothing stops a handler of the local engine. */
  stopLate(): void {
    const now = this.#world.clock.now();
    for (const each of this.#invocations) {
      const end = this.#endOf(each);
      if (end !== undefined && end <= now) each.process.die();
    }
  }

  /** Every process dies, also one that has nothing in its hands. */
  killAll(): void {
    for (const process of [...this.processes, ...this.#idle]) process.die();
  }

  #endOf({ startedAt, process }: Invocation): number | undefined {
    return this.#world.like === 'aws' && process.alive ? startedAt + FUNCTION_TIMEOUT_SECONDS * 1000 : undefined;
  }

  #begin(invocation: Invocation, work: Promise<void>): void {
    this.#invocations.add(invocation);
    void Promise.race([work, invocation.process.died]).finally(() => this.#gone(invocation));
  }

  async #invoke({ queue, message }: NonNullable<Invocation['received']>, process: SimulatedProcess): Promise<void> {
    const { queues, like } = this.#world;
    try {
      const failed = await this.#fails(queue, message, process);
      if (failed && like === 'aws') return;
      await process.acknowledge(failed ? 'returns' : 'deletes', () =>
        failed
          ? queues.changeVisibility(queue, message.receiptHandle, FAILED_SECONDS)
          : queues.delete(queue, message.receiptHandle),
      );
    } catch (error) {
      if (process.alive) throw error;
    }
  }

  async #fails(queue: WorkQueue, message: ReceivedMessage, process: SimulatedProcess): Promise<boolean> {
    const { clock, options, installation } = this.#world;
    if (options.fails?.(queue, clock.now()) === true) return true;
    const context = contextOf(queue, message);
    if (TERMINATED.includes(queue) && (context.lineage[queue] ?? 0) > MOST_INVOCATIONS) {
      this.#world.breaks(`Lambda stops the function of ${queue}: it is invoked again and again by what it sends`);
      return true;
    }
    const event = sqsEvent(queue, [message], clock.now());
    const response = await inHand.run(context, () => installation.handlersOf(process)[queue](event, {}));
    context.isOver = failedMessages(response, [message.messageId]).size === 0;
    return !context.isOver;
  }

  #gone(invocation: Invocation): void {
    const { process, received } = invocation;
    this.#invocations.delete(invocation);
    const { like, queues } = this.#world;
    if (process.alive) {
      if (like === 'aws') this.#idle.push(process);
      return;
    }
    // The next engine makes visible at its start what the dead one had taken.
    if (like === 'local' && received !== undefined)
      void queues.changeVisibility(received.queue, received.message.receiptHandle, 0);
  }

  #processFor(): SimulatedProcess {
    const { like } = this.#world;
    this.#idle = this.#idle.filter((process) => process.alive);
    const reused = like === 'aws' ? this.#idle.pop() : this.#idle[0];
    if (reused !== undefined) return reused;
    const process = this.#world.newProcess();
    if (like === 'local') this.#idle.push(process);
    return process;
  }
}

function contextOf(queue: WorkQueue, { body, attributes }: ReceivedMessage): InHand {
  const before = JSON.parse(attributes.lineage ?? '{}');
  return { runId: parseRunMessage(body)?.runId, lineage: { ...before, [queue]: (before[queue] ?? 0) + 1 } };
}
