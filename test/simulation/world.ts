import type { SQSEvent } from 'aws-lambda';
import { createBuryMessage } from '../../functions/bury-message/handler.ts';
import { createCollectResult } from '../../functions/collect-result/handler.ts';
import { lockedPipelines } from '../../functions/locked-pipelines.ts';
import { createPollTask } from '../../functions/poll-task/handler.ts';
import { createReceiveDrop } from '../../functions/receive-drop/handler.ts';
import { createReceiveSchedule } from '../../functions/receive-schedule/handler.ts';
import type { Services } from '../../functions/services.ts';
import { createStartAction } from '../../functions/start-action/handler.ts';
import { createUploadFile } from '../../functions/upload-file/handler.ts';
import { createWatchRuns } from '../../functions/watch-runs/handler.ts';
import { failedMessages, sqsEvent } from '../../infra/local/sqs-event.ts';
import { AnaplanClient, type Transport } from '../../shared/anaplan/index.ts';
import { type Logger, memoryLogger } from '../../shared/observe/logger.ts';
import type { Random } from '../../shared/ports/clock.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryAlerts } from '../../shared/ports/memory/memory-alerts.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import type { QueueName, ReceivedMessage } from '../../shared/ports/queue.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../shared/run/limits.ts';
import type { Run } from '../../shared/run/run.ts';
import { createSimulator, type Scenario, type Simulator } from '../../simulator/index.ts';
import { ChunkWatch } from './chunk-watch.ts';
import { answerOf, requestOf } from './in-process.ts';
import { LaneWatch } from './lane-watch.ts';
import { LedgerView } from './ledger-view.ts';
import { describeOperation, type Fate, GOES, isCarriedOut, type Operation } from './operation.ts';
import { seededRandom } from './random.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { configurationOf, OURS, type PipelineOptions, tenantOf } from './tenant.ts';
import { Watcher } from './watcher.ts';

export interface WorldOptions {
  seed?: number;
  models?: number;
  pipelines: Readonly<Record<string, PipelineOptions>>;
  /** `local`: one process has all functions, and its death is known; `aws`: one for each invocation, whose death is not. */
  like?: 'local' | 'aws';
  scenario?: Scenario;
  chunkBytes?: number;
  /** of the file that an export writes, at Anaplan and in the store */
  exportBytes?: { chunk: number; part: number };
  /** Decides about each operation; default: it goes. */
  fate?: (operation: Operation, world: World) => Fate;
  /** Whose turn it is; default: the order of coming. */
  choose?: (choices: number) => number;
  /** How much the clock of a new process is ahead of the world's, in milliseconds. */
  skew?: () => number;
  /** Messages at the same time, at most, for each queue; default 2. */
  concurrency?: number;
  taskSeconds?: number | [number, number];
  /** How often the watch runs while there is something to do; default: never by itself. */
  watchSeconds?: number;
}

const WORK_QUEUES = [
  'drops',
  'schedules',
  'upload',
  'start',
  'poll',
  'collect',
  'poison',
] as const satisfies QueueName[];
type Handler = (event: SQSEvent, context: object) => Promise<unknown>;
const ORIGIN = 'http://127.0.0.1:1';
const SOURCE_BUCKET = 'plandrop-drops';

/** SQS's visibility timeout of the work queues: on AWS six times the functions' timeout. */
const VISIBILITY_SECONDS = { aws: 6 * FUNCTION_TIMEOUT_SECONDS, local: 43_200 } as const;
/** Where the local engine lets a failed message reappear; on AWS it waits for its visibility timeout. */
const FAILED_SECONDS = 5;

interface Invocation {
  /** absent: the watch, which a timer invokes */
  received?: { queue: QueueName; message: ReceivedMessage };
  process: SimulatedProcess;
  startedAt: number;
}

interface Gate {
  operation: Omit<Operation, 'number'>;
  open(fate: Fate): void;
}

type Served = Omit<Simulator, 'url'>;

/**
 * A whole installation in one process without sockets: the real handlers on stores and queues in memory, the simulated Anaplan, and
 * a clock that only the world turns. Every operation of a handler waits until the world lets it go, one at a time, so that
 * what happens between any two of them is the world's choice, and repeats with it.
 */
export class World {
  readonly clock = new ManualClock();
  readonly state: MemoryStore;
  readonly drops: MemoryStore;
  readonly queues: MemoryQueues;
  readonly alerts = new MemoryAlerts();
  readonly log = memoryLogger('warn');
  readonly trace: string[] = [];
  readonly simulator: Served;
  readonly watcher: Watcher;
  readonly lanes = new LaneWatch(this);
  readonly chunks = new ChunkWatch();
  readonly options: WorldOptions;
  /** A person has let others into the lane of a run whose task may still act: they have taken that upon them. */
  releasedByHand = false;
  readonly random: Random;
  fate: (operation: Operation, world: World) => Fate;
  readonly #pipelines: Services['pipelines'];
  readonly #gates: Gate[] = [];
  readonly #invocations = new Set<Invocation>();
  readonly #handlers = new Map<SimulatedProcess, Partial<Record<QueueName, Handler>>>();
  readonly #services = new Map<SimulatedProcess, Services>();
  #idle: SimulatedProcess[] = [];
  #nextWatch: number;
  #operations = 0;
  #processes = 0;
  /** requests at the simulator, and how many of them it holds */
  #asked = 0;
  readonly #held: { count: number };
  readonly #ledger: LedgerView;

  private constructor(
    options: WorldOptions,
    made: { simulator: Served; pipelines: Services['pipelines']; held: { count: number }; clock: ManualClock },
  ) {
    this.options = options;
    this.clock = made.clock;
    this.simulator = made.simulator;
    this.#pipelines = made.pipelines;
    this.#held = made.held;
    this.watcher = new Watcher(made.simulator);
    this.random = seededRandom(options.seed ?? 1);
    this.fate = options.fate ?? (() => GOES);
    const { clock } = this;
    this.#nextWatch = clock.now() + (options.watchSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    this.state = new MemoryStore({ bucket: 'plandrop-state', clock });
    this.#ledger = new LedgerView(this.state);
    this.drops = new MemoryStore({ bucket: SOURCE_BUCKET, clock });
    this.queues = new MemoryQueues({ clock });
  }

  static async build(options: WorldOptions): Promise<World> {
    const { models = 1, seed = 1, chunkBytes = 64 } = options;
    const { configuration, lock } = await configurationOf(options.pipelines, models);
    const locked = lockedPipelines(configuration, lock);
    const pipelines: Services['pipelines'] = {
      ...locked,
      freeze: async (name) => {
        const frozen = await locked.freeze(name);
        if (!frozen.ok) return frozen;
        const { pipeline } = frozen;
        return {
          ok: true,
          pipeline: { ...pipeline, policies: { ...pipeline.policies, chunkBytes, chunksInFlight: 2 } },
        };
      },
    };
    const clock = new ManualClock();
    const held = { count: 0 };
    const simulator = await createSimulator({
      tenant: tenantOf(models, options.exportBytes?.chunk),
      seed: String(seed),
      ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
      ...(options.taskSeconds === undefined ? {} : { taskSeconds: options.taskSeconds }),
      clock: {
        now: () => clock.now(),
        sleep: async (ms, signal) => {
          held.count++;
          await clock.sleep(ms, signal);
          held.count--;
        },
      },
    });
    return new World(options, { simulator, pipelines, held, clock });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#handlers.keys()) process.die();
    await this.simulator.close();
  }

  get operations(): number {
    return this.#operations;
  }

  get like(): 'local' | 'aws' {
    return this.options.like ?? 'local';
  }

  /** A file lands in the source bucket, and S3 tells of it. */
  async drop(key: string, text: string, told: { copies?: number; delaySeconds?: number } = {}): Promise<void> {
    await this.drops.put(key, text);
    await this.tellOf(key, told);
  }

  /** S3 tells of the current object of a key. */
  async tellOf(key: string, { copies = 1, delaySeconds = 0 } = {}): Promise<void> {
    const head = await this.drops.head(key);
    if (head === undefined) throw new Error(`there is no drop ${key}`);
    const object = { key: encodeURIComponent(key).replaceAll('%2F', '/'), size: head.size, versionId: head.versionId };
    const event = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: SOURCE_BUCKET }, object } };
    for (let copy = 0; copy < copies; copy++)
      await this.queues.send('drops', JSON.stringify({ Records: [event] }), { delaySeconds });
  }

  /** All runs, by the ledger. */
  runs(): Run[] {
    return this.#ledger.runs();
  }

  /** Lets everything happen until nothing is left to happen, at most for `maxHours` of the world's time. */
  async runUntilQuiet({ maxHours = 48, maxSteps = 100_000 } = {}): Promise<void> {
    const until = this.clock.now() + maxHours * 3_600_000;
    for (let steps = 0; this.clock.now() < until; steps++) {
      if (!(await this.step())) return;
      if (steps > maxSteps) throw new Error(`the world is not quiet after ${maxSteps} steps:\n${this.tail()}`);
    }
    throw new Error(`the world is not quiet after ${maxHours} h:\n${this.tail()}`);
  }

  tail(lines = 60): string {
    const said = this.log.entries.slice(-10).map(({ message, fields }) => `  ${message} ${String(fields.error ?? '')}`);
    return [...this.trace.slice(-lines), ...said].join('\n');
  }

  /** One thing happens: an operation goes, a message is delivered, or time passes. @returns false when nothing is left */
  async step({ notAfter = Number.POSITIVE_INFINITY } = {}): Promise<boolean> {
    await this.#settle();
    this.#stopLate();
    if (this.clock.now() >= this.#nextWatch) this.watch();
    const deliverable = WORK_QUEUES.filter((queue) => this.#canDeliver(queue));
    const choices = this.#gates.length + deliverable.length;
    if (choices === 0) return this.#passTime(notAfter);
    const chosen = this.options.choose?.(choices) ?? 0;
    const gate = this.#gates[chosen];
    if (gate !== undefined) {
      this.#gates.splice(chosen, 1);
      const operation = { ...gate.operation, number: ++this.#operations };
      const fate = this.fate(operation, this);
      this.trace.push(`${describeOperation(operation)}${fate.kind === 'goes' ? '' : ` — ${JSON.stringify(fate)}`}`);
      if (operation.kind === 'store' && isCarriedOut(fate)) this.lanes.store(operation);
      gate.open(fate);
      if (isCarriedOut(fate) && operation.name === 'replace' && operation.about.endsWith('/holder')) {
        await this.#settle();
        this.lanes.holderWritten(operation);
      }
      return true;
    }
    const queue = deliverable[chosen - this.#gates.length];
    if (queue !== undefined) await this.#deliver(queue);
    return true;
  }

  /** Time goes by with nothing to do but the watch, until every run is done or its lane is held, and every alert is sent. */
  async runUntilDone({ maxHours = 96 } = {}): Promise<void> {
    const until = this.clock.now() + maxHours * 3_600_000;
    for (;;) {
      await this.runUntilQuiet();
      const tickets = this.state.keys().filter((key) => key.includes('/tickets/'));
      const held = this.heldLanes();
      const left = tickets.filter((key) => !held.includes(key.split('/')[1] ?? '') || !this.#waits(key));
      const owed = this.state.keys().filter((key) => /^alerts\/(open|unsent)\//.test(key));
      const isWatched = this.options.watchSeconds !== undefined;
      if (left.length + owed.length === 0 || this.clock.now() >= until || !isWatched) return;
      await this.clock.advance(300_000);
      this.watch();
    }
  }

  /** Models whose lanes are held. */
  heldLanes(): string[] {
    const holders = this.state.keys().filter((key) => key.endsWith('/holder'));
    const held = holders.filter((key) => JSON.parse(this.state.text(key) ?? '').hold !== null);
    return held.map((key) => key.split('/')[1] ?? '');
  }

  /** Whether the run of a ticket is one that waits for its lane. */
  #waits(ticket: string): boolean {
    const run = this.runs().find((each) => each.ticket === ticket);
    return run?.ended === null && run.next?.due === 'lane';
  }

  /** Lets the world go on until something that a person does is done. */
  async doing<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    void work.finally(() => {
      isDone = true;
    });
    for (let steps = 0; !isDone; steps++) {
      await this.step();
      if (steps > 10_000) throw new Error(`what somebody does is not done after ${steps} steps:\n${this.tail()}`);
    }
    return work;
  }

  say(what: string): void {
    this.trace.push(`     ${new Date(this.clock.now()).toISOString().slice(11, 19)} ${what}`);
  }

  /** The timer of the watch goes off. */
  watch(): void {
    this.#nextWatch = this.clock.now() + (this.options.watchSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const process = this.#processFor();
    const invocation = { process, startedAt: this.clock.now() };
    this.#invocations.add(invocation);
    const watched = createWatchRuns(this.#servicesOf(process))().catch((error: unknown) => {
      if (process.alive) this.trace.push(`     the watch failed: ${String(error)}`);
    });
    void Promise.race([watched, process.died]).finally(() => this.#gone(invocation));
  }

  /** Kills a process: what it had taken is delivered again. */
  kill(process: SimulatedProcess): void {
    process.die();
  }

  newProcess(): SimulatedProcess {
    const name = `${this.like}-${++this.#processes}`;
    const around = {
      clock: this.clock,
      queues: this.queues,
      alerts: this.alerts,
      fetch: this.#fetch,
      turn: (operation: Omit<Operation, 'number'>, died: Promise<void>) =>
        new Promise<Fate>((resolve) => {
          const gate = { operation, open: resolve };
          this.#gates.push(gate);
          void died.then(() => {
            const index = this.#gates.indexOf(gate);
            if (index >= 0) this.#gates.splice(index, 1);
            resolve(GOES);
          });
        }),
    };
    return new SimulatedProcess(name, around, this.options.skew?.() ?? 0);
  }

  /** The services of a process. */
  servicesOf(process: SimulatedProcess): Services {
    const { clock, transport } = process;
    const random = seededRandom(Math.floor(this.random() * 2 ** 32));
    const log: Logger = this.log.child({ process: process.name });
    return {
      state: process.store(this.state),
      source: (bucket) => process.store(bucket === this.state.bucket ? this.state : this.drops),
      queues: process.queues,
      alerts: process.alerts,
      clock,
      random,
      log,
      ...(this.like === 'local' ? { engine: process.name } : {}),
      settleSeconds: this.like === 'local' ? 0 : 10,
      retentionDays: 400,
      gzip: false,
      ...(this.options.exportBytes === undefined ? {} : { exportPartBytes: this.options.exportBytes.part }),
      pipelines: this.#pipelines,
      anaplan: new AnaplanClient({
        apiUrl: ORIGIN,
        authUrl: ORIGIN,
        oauthUrl: ORIGIN,
        credentials: async () => ({ kind: 'basic', username: OURS.email, password: OURS.password }),
        clock,
        random,
        transport,
      }),
    };
  }

  /** Waits until every process waits: for its turn, for time to pass, or for an answer that the simulator holds. */
  async #settle(): Promise<void> {
    const patience = Date.now() + 20_000;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const busy = [...this.#invocations].some(({ process }) => process.alive && process.parked === 0);
      if (!busy && this.#asked <= this.#held.count) return;
      if (Date.now() > patience) throw new Error(`a process waits for nothing that the world knows:\n${this.tail()}`);
    }
  }

  async #passTime(notAfter: number): Promise<boolean> {
    const times = [
      this.clock.nextDue,
      ...WORK_QUEUES.map((queue) => this.queues.nextVisibleAt(queue)),
      ...[...this.#invocations].map((each) => this.#endOf(each)),
      this.#nextWatch,
    ].filter((time) => time !== undefined && time > this.clock.now());
    if (times.length === 0 || this.#isQuiet()) return false;
    await this.clock.advance(Math.max(0, Math.min(...(times as number[]), notAfter) - this.clock.now()));
    return true;
  }

  #isQuiet(): boolean {
    return this.#invocations.size === 0 && WORK_QUEUES.every((queue) => this.queues.nextVisibleAt(queue) === undefined);
  }

  #canDeliver(queue: QueueName): boolean {
    const visibleAt = this.queues.nextVisibleAt(queue);
    if (visibleAt === undefined || visibleAt > this.clock.now()) return false;
    const running = [...this.#invocations].filter((each) => each.received?.queue === queue).length;
    return running < (this.options.concurrency ?? 2);
  }

  async #deliver(queue: QueueName): Promise<void> {
    const [message] = await this.queues.receive(queue, { max: 1, visibilitySeconds: VISIBILITY_SECONDS[this.like] });
    if (message === undefined) return;
    const process = this.#processFor();
    const invocation = { received: { queue, message }, process, startedAt: this.clock.now() };
    this.trace.push(`     ${process.name} receives ${queue} ${message.body.slice(0, 70)} (${message.receiveCount})`);
    this.#invocations.add(invocation);
    void Promise.race([this.#invoke(invocation.received, process), process.died]).finally(() => this.#gone(invocation));
  }

  async #invoke({ queue, message }: NonNullable<Invocation['received']>, process: SimulatedProcess): Promise<void> {
    try {
      const handler = this.#handlersOf(process)[queue];
      const response = await handler?.(sqsEvent(queue, [message], this.clock.now()), {});
      const failed = failedMessages(response, [message.messageId]).size > 0;
      if (failed && this.like === 'aws') return;
      await process.acknowledge(failed ? 'returns' : 'deletes', () =>
        failed
          ? this.queues.changeVisibility(queue, message.receiptHandle, FAILED_SECONDS)
          : this.queues.delete(queue, message.receiptHandle),
      );
    } catch (error) {
      if (process.alive) throw error;
    }
  }

  #gone(invocation: Invocation): void {
    const { process, received } = invocation;
    this.#invocations.delete(invocation);
    if (process.alive) {
      if (this.like === 'aws') this.#idle.push(process);
      return;
    }
    // The next engine makes visible at its start what the dead one had taken.
    if (this.like === 'local' && received !== undefined)
      void this.queues.changeVisibility(received.queue, received.message.receiptHandle, 0);
  }

  #processFor(): SimulatedProcess {
    this.#idle = this.#idle.filter((process) => process.alive);
    const reused = this.like === 'aws' ? this.#idle.pop() : this.#idle[0];
    if (reused !== undefined) return reused;
    const process = this.newProcess();
    if (this.like === 'local') this.#idle.push(process);
    return process;
  }

  #servicesOf(process: SimulatedProcess): Services {
    const services = this.#services.get(process) ?? this.servicesOf(process);
    this.#services.set(process, services);
    return services;
  }

  #handlersOf(process: SimulatedProcess): Partial<Record<QueueName, Handler>> {
    const known = this.#handlers.get(process);
    if (known !== undefined) return known;
    const services = this.#servicesOf(process);
    const handlers: Partial<Record<QueueName, Handler>> = {
      drops: createReceiveDrop(services),
      schedules: createReceiveSchedule(services),
      upload: createUploadFile(services),
      start: createStartAction(services),
      poll: createPollTask(services),
      collect: createCollectResult(services),
      poison: createBuryMessage(services),
    };
    this.#handlers.set(process, handlers);
    return handlers;
  }

  /** Lambda stops a function that takes too long; nothing stops a handler of the local engine. */
  #stopLate(): void {
    for (const each of this.#invocations) {
      const end = this.#endOf(each);
      if (end !== undefined && end <= this.clock.now()) this.kill(each.process);
    }
  }

  #endOf({ startedAt, process }: Invocation): number | undefined {
    return this.like === 'aws' && process.alive ? startedAt + FUNCTION_TIMEOUT_SECONDS * 1000 : undefined;
  }

  readonly #fetch: Transport = async (request) => {
    this.#asked++;
    try {
      this.lanes.request(request);
      this.chunks.sent(request, () => this.runs());
      const response = await this.simulator.fetch(requestOf(request));
      const bytes = new Uint8Array(await response.arrayBuffer());
      this.chunks.answered(request, response.status, bytes);
      return answerOf(response, bytes);
    } finally {
      await this.watcher.look();
      this.#asked--;
    }
  };
}
