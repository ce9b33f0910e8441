import { lockedPipelines } from '../../functions/locked-pipelines.ts';
import type { Services } from '../../functions/services.ts';
import type { Transport } from '../../shared/anaplan/index.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';
import type { Random } from '../../shared/ports/clock.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryAlerts } from '../../shared/ports/memory/memory-alerts.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import type { Run } from '../../shared/run/run.ts';
import { createSimulator, type Scenario, type Simulator } from '../../simulator/index.ts';
import { ChunkWatch } from './chunk-watch.ts';
import { Deliveries } from './deliveries.ts';
import { forsaken } from './forsaken.ts';
import { inHand } from './in-hand.ts';
import { answerOf, requestOf } from './in-process.ts';
import { Installation, ORIGIN, type WorkQueue } from './installation.ts';
import { LaneWatch } from './lane-watch.ts';
import { LedgerView } from './ledger-view.ts';
import { type Fate, GOES, isCarriedOut, type Operation } from './operation.ts';
import { seededRandom } from './random.ts';
import { RequestWatch } from './request-watch.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { count, nameOfFate, type Tally } from './tally.ts';
import { configurationOf, type PipelineOptions, tenantOf } from './tenant.ts';
import { sha256Of, Watcher } from './watcher.ts';
import { tellOperation } from './words.ts';

export interface WorldOptions {
  seed?: number;
  models?: number;
  pipelines: Readonly<Record<string, PipelineOptions>>;
  /** `local`: one process has all functions, and its death is known; `aws`: one for each invocation, whose death is not. */
  like?: 'local' | 'aws';
  scenario?: Scenario;
  chunkBytes?: number;
  /** of what an import or an export leaves, at Anaplan and in the store */
  outputBytes?: { chunk: number; part: number };
  /** How many imports the process of many has, if there is one: 10 for a step `parts`. */
  parts?: number;
  /** Decides about each operation; default: it goes. */
  fate?: (operation: Operation, world: World) => Fate;
  /** How long an operation takes until it happens, in milliseconds; default: no time. */
  slowness?: (operation: Omit<Operation, 'number'>) => number;
  /** Whose turn it is; default: the order of coming. */
  choose?: (choices: number) => number;
  /** Messages that are visible are received in random order; default: earliest first. */
  shuffled?: boolean;
  /** How much the clock of a new process is ahead of the world's, in milliseconds. */
  skew?: () => number;
  /** Whether a delivery fails before its function does anything: a throttle, a bad deployment. */
  fails?: (queue: WorkQueue, now: number) => boolean;
  /** Messages at the same time, at most, for each queue; default 2. */
  concurrency?: number;
  taskSeconds?: number | [number, number];
  /** How often the watch runs while there is something to do; default: never by itself. */
  watchSeconds?: number;
  /** Whether a run may be left to the watch, because its messages are taken away; default false. */
  mayForsake?: boolean;
  /** Whether the trace is kept; default true. */
  traced?: boolean;
}

interface Gate {
  operation: Omit<Operation, 'number'>;
  /** epoch milliseconds */
  notBefore: number;
  open(fate: Fate): void;
}

type Served = Omit<Simulator, 'url'>;

/** A version of a file that S3 told of. */
export interface DroppedVersion {
  key: string;
  versionId: string;
  sha256: string;
  /** when it was there, by the event's word: some hundred milliseconds after the second that the bucket tells */
  eventTime: string;
}

/** When every world begins (epoch ms). */
export const BEGINNING = Date.UTC(2026, 0, 5, 6);
const SOURCE_BUCKET = 'plandrop-drops';

/**
 * A whole installation in one process without sockets: the real handlers on stores and queues in memory, the simulated Anaplan, and
 * a clock that only the world turns. Every operation of a handler waits until the world lets it go, one at a time, so that
 * what happens between any two of them is the world's choice, and repeats with it.
 */
export class World {
  readonly clock: ManualClock;
  readonly state: MemoryStore;
  readonly drops: MemoryStore;
  readonly queues: MemoryQueues;
  readonly alerts = new MemoryAlerts();
  readonly log = memoryLogger('warn');
  readonly simulator: Served;
  readonly installation: Installation;
  readonly pipelines: Services['pipelines'];
  readonly options: WorldOptions;
  readonly random: Random;
  /** what happened, a line for each thing, where it is kept */
  readonly lines: string[] = [];
  /** what made trouble, and how often */
  readonly troubles: Tally = new Map();
  /** promises that were broken while it went on */
  readonly broken: string[] = [];
  /** every version of a file that S3 told of */
  readonly dropped: DroppedVersion[] = [];
  /** every time at which a schedule fired */
  readonly scheduled: { pipeline: string; at: string }[] = [];
  readonly watcher: Watcher;
  readonly lanes: LaneWatch;
  readonly chunks: ChunkWatch;
  readonly requests: RequestWatch;
  readonly deliveries: Deliveries;
  fate: (operation: Operation, world: World) => Fate;
  slowness: (operation: Omit<Operation, 'number'>) => number;
  readonly #ledger: LedgerView;
  readonly #gates: Gate[] = [];
  #nextWatch: number;
  #operations = 0;
  /** what people have begun and not ended */
  #deeds = 0;
  /** ledger entries that were written since the last step */
  readonly #committed: string[] = [];
  readonly #forsaken = new Set<string>();
  readonly #processes: SimulatedProcess[] = [];
  /** requests at the simulator, and how many of them it holds */
  #asked = 0;
  readonly #held: { count: number };

  private constructor(
    options: WorldOptions,
    made: { simulator: Served; pipelines: Services['pipelines']; held: { count: number }; clock: ManualClock },
  ) {
    const { clock } = made;
    this.options = options;
    this.clock = clock;
    this.simulator = made.simulator;
    this.#held = made.held;
    this.random = seededRandom(options.seed ?? 1);
    this.fate = options.fate ?? (() => GOES);
    this.slowness = options.slowness ?? (() => 0);
    this.#nextWatch = clock.now() + (options.watchSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    this.state = new MemoryStore({ bucket: 'plandrop-state', clock });
    this.drops = new MemoryStore({ bucket: SOURCE_BUCKET, clock });
    const random = options.shuffled === true ? { random: seededRandom((options.seed ?? 1) + 1) } : {};
    this.queues = new MemoryQueues({ clock, ...random });
    const { state, drops, log, like } = this;
    this.pipelines = made.pipelines;
    this.installation = new Installation({
      like,
      state,
      drops,
      pipelines: made.pipelines,
      log,
      random: this.random,
      partBytes: options.outputBytes?.part,
    });
    this.#ledger = new LedgerView(state);
    this.watcher = new Watcher(made.simulator);
    this.lanes = new LaneWatch(this);
    this.chunks = new ChunkWatch(this.#ledger, (promise) => this.breaks(promise));
    this.requests = new RequestWatch(this);
    this.deliveries = new Deliveries(this);
  }

  static async build(options: WorldOptions): Promise<World> {
    const { models = 1, seed = 1, chunkBytes = 64 } = options;
    const { configuration, lock } = await configurationOf(options.pipelines);
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
    const clock = new ManualClock(BEGINNING);
    const held = { count: 0 };
    const simulator = await createSimulator({
      tenant: tenantOf(models, { outputChunkBytes: options.outputBytes?.chunk, parts: options.parts }),
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
    for (const process of this.#processes) process.die();
    await this.simulator.close();
  }

  get operations(): number {
    return this.#operations;
  }

  /** Whether what Anaplan answers may be garbage that nobody can tell from bytes of a file. */
  get garbles(): boolean {
    return this.options.scenario?.rules?.some((rule) => rule.do?.garble === true) === true;
  }

  get like(): 'local' | 'aws' {
    return this.options.like ?? 'local';
  }

  /** A file lands in the source bucket, and S3 tells of it: in `copies`, and `delaySeconds` later. */
  async drop(key: string, text: string, told: { copies?: number; delaySeconds?: number } = {}): Promise<void> {
    await this.drops.put(key, text);
    await this.tellOf(key, told);
  }

  /** S3 tells of the current object of a key. */
  async tellOf(key: string, { copies = 1, delaySeconds = 0 } = {}): Promise<void> {
    const head = await this.drops.head(key);
    if (head === undefined) throw new Error(`there is no drop ${key}`);
    const { versionId } = head;
    let version = this.dropped.find((known) => known.versionId === versionId);
    if (version === undefined) {
      const eventTime = new Date(this.clock.now() + 400).toISOString();
      version = { key, versionId, sha256: sha256Of(this.drops.text(key) ?? ''), eventTime };
      this.dropped.push(version);
    }
    for (let copy = 0; copy < copies; copy++) await this.tellOfVersion(version, delaySeconds);
  }

  /** S3 tells of a version, perhaps once more, whether it is still there or not. */
  async tellOfVersion({ key, versionId, eventTime }: DroppedVersion, delaySeconds = 0): Promise<void> {
    const object = { key: encodeURIComponent(key).replaceAll('%2F', '/'), versionId };
    const event = { eventName: 'ObjectCreated:Put', eventTime, s3: { bucket: { name: SOURCE_BUCKET }, object } };
    await this.queues.send('drops', JSON.stringify({ Records: [event] }), { delaySeconds });
  }

  /** A schedule fires for now, and is heard of `delaySeconds` later. */
  async schedule(pipeline: string, { copies = 1, delaySeconds = 0 } = {}): Promise<void> {
    const at = new Date(this.clock.now()).toISOString();
    this.scheduled.push({ pipeline, at });
    const body = JSON.stringify({ pipeline, scheduledAt: at });
    for (let copy = 0; copy < copies; copy++) await this.queues.send('schedules', body, { delaySeconds });
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
    return [...this.lines.slice(-lines), ...said].join('\n');
  }

  /** One thing happens: an operation goes, a message is delivered, or time passes. @returns false when nothing is left */
  async step({ notAfter = Number.POSITIVE_INFINITY } = {}): Promise<boolean> {
    await this.#settle();
    for (const key of this.#committed.splice(0)) this.requests.committed(key);
    this.deliveries.stopLate();
    if (this.clock.now() >= this.#nextWatch) this.watch();
    const deliverable = this.deliveries.deliverable();
    const ready = this.#gates.filter(({ notBefore }) => notBefore <= this.clock.now());
    const choices = ready.length + deliverable.length;
    if (choices === 0) return this.#passTime(notAfter);
    const chosen = this.options.choose?.(choices) ?? 0;
    const gate = ready[chosen];
    if (gate !== undefined) {
      this.#gates.splice(this.#gates.indexOf(gate), 1);
      await this.#letGo(gate);
      return true;
    }
    const queue = deliverable[chosen - ready.length];
    if (queue !== undefined) await this.deliveries.deliver(queue);
    return true;
  }

  /** Time goes by with nothing to do but the watch, until every run is done or its lane is held, and every alert is sent. */
  async runUntilDone({ maxHours = 96 } = {}): Promise<void> {
    const until = this.clock.now() + maxHours * 3_600_000;
    for (;;) {
      await this.runUntilQuiet();
      const tickets = this.state.keys('lanes/').filter((key) => key.includes('/tickets/'));
      const held = this.heldLanes();
      const left = tickets.filter((key) => !held.includes(key.split('/')[1] ?? '') || !this.#waits(key));
      const owed = this.state.keys('alerts/').filter((key) => /^alerts\/(open|unsent)\//.test(key));
      const isWatched = this.options.watchSeconds !== undefined;
      if (left.length + owed.length === 0 || this.clock.now() >= until || !isWatched) return;
      await this.clock.advance(300_000);
      this.watch();
    }
  }

  /** Models whose lanes are held. */
  heldLanes(): string[] {
    const holders = this.state.keys('lanes/').filter((key) => key.endsWith('/holder'));
    const held = holders.filter((key) => JSON.parse(this.state.text(key) ?? '').hold !== null);
    return held.map((key) => key.split('/')[1] ?? '');
  }

  /** Whether the run of a ticket is one that waits for its lane. */
  #waits(ticket: string): boolean {
    const run = this.runs().find((each) => each.ticket === ticket);
    return run?.ended === null && run.next?.due === 'lane';
  }

  /** A person begins something. @returns how to tell that they have come to its end */
  deed(): () => void {
    this.#deeds++;
    return () => {
      this.#deeds--;
    };
  }

  /** Lets the world go on until something that a person does is done. */
  async doing<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const over = () => {
      isDone = true;
    };
    work.then(over, over);
    for (let steps = 0; !isDone; steps++) {
      await this.step();
      if (steps > 10_000) throw new Error(`what somebody does is not done after ${steps} steps:\n${this.tail()}`);
    }
    return work;
  }

  say(what: string): void {
    this.trace(() => `     ${new Date(this.clock.now()).toISOString().slice(11, 19)} ${what}`);
  }

  /** Whether something happened whose name fits. */
  wasTroubledBy(name: RegExp): boolean {
    return [...this.troubles.keys()].some((what) => name.test(what));
  }

  /** A promise was broken, just now. */
  breaks(promise: string): void {
    this.broken.push(promise);
    this.say(`BROKEN: ${promise}`);
  }

  /** Keeps a line of the trace, if it is kept at all. */
  trace(line: () => string): void {
    if (this.options.traced !== false) this.lines.push(line());
  }

  /** The timer of the watch goes off. */
  watch(): void {
    this.#nextWatch = this.clock.now() + (this.options.watchSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    this.deliveries.watch();
  }

  /** Lets Anaplan do whatever it was still to do by now, such as calls that act late, and sees what came of it. */
  async wakeAnaplan(): Promise<void> {
    await this.simulator.fetch(new Request(`${ORIGIN}/nowhere`));
    for (const model of this.simulator.tenant.models) await model.asOf(this.clock.now(), () => {});
    this.lanes.started(await this.watcher.look());
  }

  newProcess(): SimulatedProcess {
    const name = `${this.like}-${this.#processes.length + 1}`;
    const around = {
      clock: this.clock,
      queues: this.queues,
      alerts: this.alerts,
      fetch: this.#fetch,
      turn: (operation: Omit<Operation, 'number'>) =>
        new Promise<Fate>((open) => {
          const ms = this.slowness(operation);
          if (ms > 0) count(this.troubles, 'an operation is slow');
          this.#gates.push({ operation, open, notBefore: ms === 0 ? 0 : this.clock.now() + ms });
        }),
      died: (process: SimulatedProcess) => this.#forget(process),
    };
    const process = new SimulatedProcess(name, around, this.options.skew?.() ?? 0);
    this.#processes.push(process);
    return process;
  }

  /** The services of a process. */
  servicesOf(process: SimulatedProcess): Services {
    return this.installation.servicesOf(process);
  }

  async #letGo(gate: Gate): Promise<void> {
    const operation = { ...gate.operation, number: ++this.#operations };
    const fate = this.fate(operation, this);
    if (fate.kind !== 'goes') count(this.troubles, nameOfFate(fate));
    this.trace(() => tellOperation(operation, fate, this));
    const isHolder = operation.name === 'replace' && operation.about.endsWith('/holder');
    const happens = isCarriedOut(fate);
    if (operation.kind === 'store' && happens) this.lanes.store(operation);
    if (operation.name === 'replace' && operation.about.startsWith('runs/')) this.#committed.push(operation.about);
    gate.open(fate);
    if (!happens || (!isHolder && operation.name !== 'copy')) return;
    await this.#settle();
    if (isHolder) await this.lanes.holderWritten(operation);
    // A copy is a new object, of which S3 tells like of any other.
    else if (this.drops.versionId(operation.about) !== undefined) await this.tellOf(operation.about);
  }

  #forget(process: SimulatedProcess): void {
    for (let i = this.#gates.length - 1; i >= 0; i--) {
      if (this.#gates[i]?.operation.process !== process) continue;
      for (const { open } of this.#gates.splice(i, 1)) open(GOES);
    }
  }

  /** Waits until every process waits: for its turn, for time to pass, or for an answer that the simulator holds. */
  async #settle(): Promise<void> {
    const patience = Date.now() + 20_000;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!this.deliveries.isBusy && this.#asked <= this.#held.count) return;
      if (Date.now() > patience) throw new Error(`a process waits for nothing that the world knows:\n${this.tail()}`);
    }
  }

  async #passTime(notAfter: number): Promise<boolean> {
    const now = this.clock.now();
    this.#checkNoneForsaken();
    const slow = this.#gates.map(({ notBefore }) => notBefore);
    const times = [this.clock.nextDue, ...slow, ...this.deliveries.times(), this.#nextWatch];
    const due = times.filter((time) => time !== undefined).filter((time) => time > now);
    if (due.length === 0 || this.#isQuiet()) return false;
    await this.clock.advance(Math.max(0, Math.min(...due, notAfter) - now));
    return true;
  }

  #checkNoneForsaken(): void {
    if (this.options.mayForsake === true || this.deliveries.running > 0 || this.#deeds > 0) return;
    for (const run of forsaken(this)) {
      if (this.#forsaken.has(run)) continue;
      this.#forsaken.add(run);
      this.breaks(`nobody but the watch would go on with run ${run}`);
    }
  }

  #isQuiet(): boolean {
    const queued = this.deliveries.times().some((time) => time !== undefined);
    return this.deliveries.running === 0 && !queued && this.#gates.length === 0;
  }

  readonly #fetch: Transport = async (request) => {
    this.#asked++;
    const sender = inHand.getStore();
    let status: number | undefined;
    try {
      this.lanes.request(request);
      this.requests.sent(request, sender);
      this.chunks.sent(request);
      const response = await this.simulator.fetch(requestOf(request));
      const bytes = new Uint8Array(await response.arrayBuffer());
      const isHeard = !request.signal.aborted;
      if (isHeard) status = response.status;
      if (isHeard) this.chunks.answered(request, { status: response.status, bytes, sender });
      return answerOf(response, bytes);
    } finally {
      this.requests.answered(request, status, sender);
      this.lanes.started(await this.watcher.look());
      this.#asked--;
    }
  };
}
