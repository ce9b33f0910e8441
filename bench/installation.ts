import type { SQSEvent } from 'aws-lambda';
import { createBuryMessage } from '../functions/bury-message/handler.ts';
import { createCollectResult } from '../functions/collect-result/handler.ts';
import { createPollTask } from '../functions/poll-task/handler.ts';
import { createReceiveDrop } from '../functions/receive-drop/handler.ts';
import { createReceiveSchedule } from '../functions/receive-schedule/handler.ts';
import type { Pipelines, Services } from '../functions/services.ts';
import { createStartAction } from '../functions/start-action/handler.ts';
import { createUploadFile } from '../functions/upload-file/handler.ts';
import { createWatchRuns } from '../functions/watch-runs/handler.ts';
import { failedMessages, sqsEvent } from '../infra/local/sqs-event.ts';
import { AnaplanClient, type Transport } from '../shared/anaplan/index.ts';
import { memoryLogger } from '../shared/observe/logger.ts';
import { ManualClock } from '../shared/ports/memory/manual-clock.ts';
import { MemoryAlerts } from '../shared/ports/memory/memory-alerts.ts';
import { MemoryQueues } from '../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../shared/ports/memory/memory-store.ts';
import type { QueueName } from '../shared/ports/queue.ts';
import { requestBudget } from '../shared/retry/request-budget.ts';
import { VISIBILITY_SECONDS } from '../shared/run/limits.ts';
import { type Run, runSchema } from '../shared/run/run.ts';
import { WATCH_EVERY_SECONDS } from '../shared/run/watch-pacing.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../simulator/index.ts';
import { Calls } from './calls.ts';

const ORIGIN = 'http://127.0.0.1:1';
const SOURCE_BUCKET = 'plandrop-drops';
const SETTLE_SECONDS = 10;

/** Messages of an invocation, and invocations at once, as the stack has them. */
const MAPPINGS = {
  drops: { batchSize: 10, maxConcurrency: 4 },
  schedules: { batchSize: 10, maxConcurrency: 2 },
  upload: { batchSize: 1, maxConcurrency: 4 },
  start: { batchSize: 1, maxConcurrency: 2 },
  poll: { batchSize: 10, maxConcurrency: 2 },
  collect: { batchSize: 1, maxConcurrency: 2 },
  poison: { batchSize: 10, maxConcurrency: 2 },
} as const satisfies Partial<Record<QueueName, { batchSize: number; maxConcurrency: number }>>;
export type WorkQueue = keyof typeof MAPPINGS;
export const WORK_QUEUES = Object.keys(MAPPINGS) as WorkQueue[];

export interface InstallationOptions extends Pick<SimulatorOptions, 'tenant' | 'scenario' | 'taskSeconds'> {
  /** made when the tenant stands, because definitions hold its ids */
  pipelines: (simulator: Omit<Simulator, 'url'>) => Pipelines | Promise<Pipelines>;
  /** invocations at once, of every stage; default: as the stack has them */
  maxConcurrency?: number;
  /** whether the watch comes by every five minutes; default true */
  watches?: boolean;
  /** as in the services; default: as they have it */
  burstSeconds?: number;
}

/**
 * The real functions as AWS runs them, on stores and queues in memory and a simulated Anaplan without a socket, on a clock that jumps
 * from one thing that is due to the next. Nothing goes wrong here: it is for counting calls, and for backlogs of thousands of runs.
 */
export class Installation {
  readonly clock: ManualClock;
  readonly state: MemoryStore;
  readonly drops: MemoryStore;
  readonly queues: MemoryQueues;
  readonly alerts = new MemoryAlerts();
  readonly log = memoryLogger('error');
  readonly simulator: Omit<Simulator, 'url'>;
  readonly calls = new Calls();
  /** nothing is delivered and no timer fires while the functions are stopped */
  isStopped = false;
  readonly #options: InstallationOptions;
  readonly #handlers: Record<WorkQueue, (event: SQSEvent, context: object) => Promise<unknown>>;
  readonly #watch: () => Promise<unknown>;
  readonly #running = new Map<WorkQueue | 'watch', number>();
  readonly #requests: { open: number; held: number };
  readonly #services: Services;
  #nextWatch: number;

  private constructor(
    options: InstallationOptions,
    made: {
      clock: ManualClock;
      simulator: Omit<Simulator, 'url'>;
      pipelines: Pipelines;
      requests: { open: number; held: number };
    },
  ) {
    this.#options = options;
    this.clock = made.clock;
    this.simulator = made.simulator;
    this.#requests = made.requests;
    const { clock } = this;
    this.state = new MemoryStore({ bucket: 'plandrop-state', clock });
    this.drops = new MemoryStore({ bucket: SOURCE_BUCKET, clock });
    this.queues = new MemoryQueues({ clock });
    const services = () => this.#servicesOf(made.pipelines);
    this.#services = services();
    this.#handlers = {
      drops: createReceiveDrop(services()),
      schedules: createReceiveSchedule(services()),
      upload: createUploadFile(services()),
      start: createStartAction(services()),
      poll: createPollTask(services()),
      collect: createCollectResult(services()),
      poison: createBuryMessage(services()),
    };
    this.#watch = createWatchRuns(services());
    this.#nextWatch = options.watches === false ? Number.POSITIVE_INFINITY : clock.now();
  }

  static async build(options: InstallationOptions): Promise<Installation> {
    const clock = new ManualClock();
    const requests = { open: 0, held: 0 };
    const { tenant, scenario, taskSeconds } = options;
    const simulator = await createSimulator({
      tenant,
      scenario,
      seed: 'installation',
      ...(taskSeconds === undefined ? {} : { taskSeconds }),
      clock: {
        now: () => clock.now(),
        sleep: async (ms, signal) => {
          requests.held++;
          await clock.sleep(ms, signal);
          requests.held--;
        },
      },
    });
    return new Installation(options, { clock, simulator, requests, pipelines: await options.pipelines(simulator) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
  }

  /** The services of a person at the command line. */
  get services(): Services {
    return this.#services;
  }

  async drop(key: string, text: string): Promise<void> {
    const { size, versionId } = await this.drops.put(key, text);
    const object = { key: encodeURIComponent(key).replaceAll('%2F', '/'), size, versionId };
    const event = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: SOURCE_BUCKET }, object } };
    await this.queues.send('drops', JSON.stringify({ Records: [event] }));
  }

  runs(): Run[] {
    return this.state.keys('runs/').map((key) => runSchema.parse(JSON.parse(this.state.text(key) ?? '')));
  }

  /** Messages in the queues between the functions. */
  waitingMessages(): number {
    return WORK_QUEUES.reduce((sum, queue) => sum + this.queues.peek(queue).length, 0);
  }

  /**
   * Lets everything happen that is due within `hours`; without it, until no message is left. What is under way at the end of that time
   * is finished, and nothing new is begun.
   */
  async work({ hours }: { hours?: number } = {}): Promise<void> {
    const until = hours === undefined ? Number.POSITIVE_INFINITY : this.clock.now() + hours * 3_600_000;
    for (;;) {
      if (!this.isStopped && this.clock.now() < until) await this.#startDue();
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#requests.open > this.#requests.held) continue;
      const isBusy = [...this.#running.values()].some((count) => count > 0);
      if (!isBusy && (this.isStopped || (hours === undefined && this.waitingMessages() === 0))) break;
      const due = this.#nextDue(isBusy);
      if (!isBusy && Math.max(due, this.clock.now()) >= until) break;
      if (due > this.clock.now() && Number.isFinite(due)) await this.clock.advance(due - this.clock.now());
    }
    if (Number.isFinite(until)) await this.clock.advance(Math.max(0, until - this.clock.now()));
  }

  #nextDue(isBusy: boolean): number {
    const times = [this.clock.nextDue];
    if (!isBusy) times.push(this.#nextWatch, ...WORK_QUEUES.map((queue) => this.queues.nextVisibleAt(queue)));
    return Math.min(...times.filter((time) => time !== undefined), Number.POSITIVE_INFINITY);
  }

  async #startDue(): Promise<void> {
    const now = this.clock.now();
    if (now >= this.#nextWatch) {
      this.#nextWatch = now + WATCH_EVERY_SECONDS * 1000;
      this.#run('watch', this.#watch());
    }
    for (const queue of WORK_QUEUES) {
      const { batchSize, maxConcurrency } = MAPPINGS[queue];
      const atMost = this.#options.maxConcurrency ?? maxConcurrency;
      while (
        (this.#running.get(queue) ?? 0) < atMost &&
        (this.queues.nextVisibleAt(queue) ?? Number.POSITIVE_INFINITY) <= now
      ) {
        const messages = await this.queues.receive(queue, { max: batchSize, visibilitySeconds: VISIBILITY_SECONDS });
        if (messages.length === 0) break;
        this.calls.add('Lambda', `invoke ${queue}`);
        this.calls.add('SQS', `receive from ${queue}`);
        this.#run(queue, this.#invoke(queue, messages));
      }
    }
  }

  #run(what: WorkQueue | 'watch', work: Promise<unknown>): void {
    this.#running.set(what, (this.#running.get(what) ?? 0) + 1);
    void work
      .catch((error: unknown) => this.log.error(`${what} failed`, { error }))
      .finally(() => this.#running.set(what, (this.#running.get(what) ?? 1) - 1));
  }

  async #invoke(queue: WorkQueue, messages: Awaited<ReturnType<MemoryQueues['receive']>>): Promise<void> {
    const answer = await this.#handlers[queue](sqsEvent(queue, messages, this.clock.now()), {});
    const failed = failedMessages(
      answer,
      messages.map(({ messageId }) => messageId),
    );
    const done = messages.filter(({ messageId }) => !failed.has(messageId));
    if (done.length > 0) this.calls.add('SQS', `delete from ${queue}`);
    for (const { receiptHandle } of done) await this.queues.delete(queue, receiptHandle);
  }

  /** What one container has: a token of its own, and all else shared. */
  #servicesOf(pipelines: Pipelines): Services {
    const { clock, calls } = this;
    const transport: Transport = async (request) => {
      this.#requests.open++;
      try {
        const { url, method, headers, body } = request;
        const response = await this.simulator.fetch(
          new Request(url, { method, headers, ...(body ? { body: Buffer.from(body) } : {}) }),
        );
        const bytes = new Uint8Array(await response.arrayBuffer());
        calls.addAnaplan(method, url);
        return { status: response.status, headers: Object.fromEntries(response.headers), body: oneOf(bytes) };
      } finally {
        this.#requests.open--;
      }
    };
    const { email, password } = this.simulator.users[0] ?? { email: '', password: '' };
    return {
      state: calls.counting(this.state, 'state'),
      source: () => calls.counting(this.drops, 'source'),
      queues: {
        send: async (queue, body, options) => {
          calls.add('SQS', `send to ${queue}`);
          await this.queues.send(queue, body, options);
        },
      },
      alerts: {
        publish: async (alert) => {
          calls.add('SNS', 'publish');
          await this.alerts.publish(alert);
        },
      },
      clock,
      random: () => 0.5,
      log: this.log,
      settleSeconds: SETTLE_SECONDS,
      ...(this.#options.burstSeconds === undefined ? {} : { burstSeconds: this.#options.burstSeconds }),
      gzip: false,
      pipelines,
      anaplan: new AnaplanClient({
        apiUrl: ORIGIN,
        authUrl: ORIGIN,
        oauthUrl: ORIGIN,
        credentials: async () => ({ kind: 'basic', username: email, password }),
        // Each container of the stack keeps to a share; here the tenant is as large as the backlog.
        budget: requestBudget({ clock, requestsPerMinute: 1_000_000 }),
        clock,
        random: () => 0.5,
        transport,
      }),
    };
  }
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
