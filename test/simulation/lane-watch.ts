import type { TransportRequest } from '../../shared/anaplan/index.ts';
import { hasOpenTask, type Run } from '../../shared/run/run.ts';
import type { Task } from '../../simulator/engine/task.ts';
import { runIdOfAgent } from './in-hand.ts';
import type { Operation } from './operation.ts';
import { ANN } from './people.ts';
import { OURS } from './tenant.ts';
import type { SeenStart } from './watcher.ts';
import type { World } from './world.ts';

/** Watches who touches a model when, in which order lanes are granted, and what was kept before they were left. */
export class LaneWatch {
  readonly #world: World;
  /** the operation at which each ticket was written */
  readonly #written = new Map<string, number>();
  /** the operation at which an invocation last listed the tickets under a prefix */
  readonly #listed = new WeakMap<object, Map<string, number>>();
  /** epoch milliseconds at which a run of ours last asked to change something in a model */
  readonly #touched = new Map<string, number>();
  /** starts that were sent, by run */
  readonly #starts = new Map<string, number>();
  /** who had the lane of each model since when (epoch milliseconds), in order; null: nobody */
  readonly #holders = new Map<string, { runId: string | null; since: number }[]>();
  /** processes in which a person releases a lane */
  readonly #releasing = new WeakSet<object>();
  #before: string | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** To be told of each store operation just before it happens. */
  store({ invocation, name, about, number }: Operation): void {
    if (name === 'create' && about.includes('/tickets/') && !this.#written.has(about)) this.#written.set(about, number);
    if (name === 'list') this.#listed.set(invocation, new Map(this.#listed.get(invocation)).set(about, number));
    if (name === 'replace' && about.endsWith('/holder')) this.#before = this.#world.state.text(about);
  }

  /** To be told after a holder was written. */
  async holderWritten({ invocation, process, about }: Operation): Promise<void> {
    const now = JSON.parse(this.#world.state.text(about) ?? '{}');
    const before = JSON.parse(this.#before ?? '{}');
    if (before.hold?.by === ANN && now.hold?.by !== ANN && !this.#releasing.has(process))
      this.#world.breaks(`somebody else took the hold of ${ANN} off ${about}`);
    if (now.runId === before.runId) return;
    const modelId = about.split('/')[1] ?? '';
    const holders = this.#holders.get(modelId) ?? [];
    this.#holders.set(modelId, [...holders, { runId: now.runId, since: this.#world.clock.now() }]);
    if (before.runId !== null) await this.#left(before.runId);
    const goesOn = this.#goesOnWith(before.runId, now.runId);
    if (before.runId !== null && before.hold === null && now.hold === null && !goesOn) this.#leftByItself(before.runId);
    if (now.runId !== null && now.fence <= before.fence)
      this.#world.breaks(`${now.runId} took the lane ${about} with fence ${now.fence}, after fence ${before.fence}`);
    if (now.runId === null || goesOn) return;
    if (before.hold !== null) this.#world.breaks(`the held lane ${about} was granted to ${now.runId}`);
    if (before.runId !== null) this.#world.breaks(`${now.runId} took the lane ${about} from ${before.runId}`);
    const prefix = about.replace(/holder$/, 'tickets/');
    const listed = this.#listed.get(invocation)?.get(prefix) ?? 0;
    const runs = this.#world.runs();
    const mine = runs.find(({ runId }) => runId === now.runId)?.ticket ?? '';
    for (const { ticket, ended, runId } of runs) {
      if (ended !== null || ticket === null || !ticket.startsWith(prefix) || ticket >= mine) continue;
      if ((this.#written.get(ticket) ?? Number.POSITIVE_INFINITY) < listed)
        this.#world.breaks(`${now.runId} took the lane before ${runId}, whose ticket is smaller`);
    }
  }

  /**
   * Where nobody knows whether a task still runs, only a person or what Anaplan tells later frees the lane; and a pipeline may say that
   * a run which did not go well keeps it.
   */
  #leftByItself(runId: string): void {
    const run = this.#world.runs().find((each) => each.runId === runId);
    if (run === undefined || run.ended === null || run.settled !== undefined) return;
    const { outcome } = run.ended;
    if (outcome === 'unknown' && hasOpenTask(run))
      this.#world.breaks(`run ${runId} left its lane, and nobody knows what became of its task`);
    const wentWell = outcome === 'succeeded' || outcome === 'cancelled';
    const isAllowed =
      outcome === 'succeeded-with-rejects' && !run.steps.some(({ result }) => result?.beyondAllowance === true);
    if (run.pipeline?.onFailure === 'hold' && !wentWell && !isAllowed)
      this.#world.breaks(`run ${runId} ended ${outcome} and left its lane, which its pipeline says to hold`);
  }

  /** To be told of a process in which a person releases a lane. */
  releases(process: object): void {
    this.#releasing.add(process);
  }

  /** How many starts a run has sent, answered or not. */
  startsSent(runId: string): number {
    return this.#starts.get(runId) ?? 0;
  }

  /** Only the holder changes anything in a model, and never while a task of another run of ours is there. */
  request({ method, url, headers }: Pick<TransportRequest, 'method' | 'url' | 'headers'>): void {
    const modelId = /\/models\/([^/]+)\//.exec(url)?.[1];
    const changes =
      (method === 'POST' && /\/(tasks|files\/[^/]+)$/.test(url)) || (method === 'PUT' && /\/files\//.test(url));
    if (modelId === undefined || !changes) return;
    this.#touched.set(modelId, this.#world.clock.now());
    const runId = runIdOfAgent(headers['user-agent']);
    if (runId !== undefined && /\/tasks$/.test(url)) this.#starts.set(runId, (this.#starts.get(runId) ?? 0) + 1);
    const holder = this.#world.state.text(`lanes/${modelId}/holder`);
    const holding: string | null = holder === undefined ? null : JSON.parse(holder).runId;
    const what = `${method} ${url.replace(/^.*\/models\/[^/]+/, '')} by run ${runId}`;
    if (holding !== runId) this.#world.breaks(`${what} while ${holding === null ? 'nobody' : holding} has the lane`);
    for (const { starter } of this.openTasks(modelId)) {
      const other = runIdOfAgent(starter.userAgent);
      if (other !== runId) this.#world.breaks(`${what} while a task of run ${other} is not over`);
    }
  }

  /** To be told of tasks that were seen to have begun: also a start that acts late does so while its run has the lane. */
  started(starts: readonly SeenStart[]): void {
    for (const { runId, modelId, action, at } of starts) {
      if (runId === undefined) continue;
      const holders = this.#holders.get(modelId) ?? [];
      const had = holders.some(
        (holder, i) => holder.runId === runId && holder.since <= at && at <= (holders[i + 1]?.since ?? at),
      );
      if (!had) this.#world.breaks(`${action} of run ${runId} began while it had not the lane`);
    }
  }

  /** Tasks of ours that have not ended. */
  openTasks(modelId: string): Task[] {
    const now = this.#world.clock.now();
    const { tasks } = this.#world.simulator.tenant.model(modelId).queue;
    return tasks.filter(
      ({ starter, final, endsAt, cancel }) =>
        starter.email === OURS.email && final === undefined && (cancel?.doneAt ?? endsAt) > now,
    );
  }

  /** When a run of ours last asked to change something in a model (epoch ms). */
  lastTouched(modelId: string): number {
    return this.#touched.get(modelId) ?? Number.NEGATIVE_INFINITY;
  }

  /** A redrive takes the lane over from the run that it goes on with. */
  #goesOnWith(before: string | null, now: string | null): boolean {
    return before !== null && now === `${before}.1`;
  }

  /** What Anaplan said of rejected rows is in the store before another run can make it be overwritten. */
  async #left(runId: string): Promise<void> {
    const run = this.#world.runs().find((each) => each.runId === runId);
    if (run === undefined || run.settled !== undefined) return;
    const kept = this.#world.state.keys(`dumps/${runId}/`);
    for (const { task, modelId } of this.#world.watcher.startsOf(runId)) {
      const known = run.steps.find((step) => step.task?.taskId === task.taskId);
      const { tasks } = this.#world.simulator.tenant.model(modelId).queue;
      // Of a task that the run never knew, or that Anaplan has forgotten, nobody could have asked for it.
      if (known === undefined || !tasks.includes(task)) continue;
      // A person let others in, and nobody had come to judge the step.
      if (run.ended !== null && known.result === null) continue;
      await this.#checkAllowance(run, known, task);
      for (const { outcome, name, objectId } of task.parts) {
        if (outcome?.dump === undefined) continue;
        if (known.result?.dumpLost !== undefined) {
          this.#checkLost(run, known.result.dumpLost);
          continue;
        }
        const its = kept.filter((key) => key.endsWith(`-${objectId}.csv`)).map((key) => this.#world.state.text(key));
        const isThere = this.#world.garbles ? its.length > 0 : its.includes(await textOf(outcome.dump));
        if (!isThere) this.#world.breaks(`run ${runId} left its lane before the dump of ${name} was kept`);
      }
    }
  }

  /** More rejected rows than the pipeline allows are not passed over. */
  async #checkAllowance({ runId, pipeline }: Run, { result }: Run['steps'][number], { parts }: Task): Promise<void> {
    const { maxRows } = pipeline?.rejects ?? {};
    if (maxRows === undefined || result?.outcome !== 'succeeded-with-rejects' || result.beyondAllowance) return;
    let rejected = 0;
    for (const { outcome } of parts) {
      const lines = outcome?.dump === undefined ? [] : (await textOf(outcome.dump)).split('\n');
      rejected += lines.filter((line) => line.startsWith('"E"')).length;
    }
    if (rejected > maxRows)
      this.#world.breaks(`run ${runId} passed over ${rejected} rejected rows, where ${maxRows} are allowed`);
  }

  /** Anaplan still has the dump, so it was asked for again and again. */
  #checkLost({ runId, deadline, pipeline }: Run, because: string): void {
    const allowed = pipeline?.policies.retry.attempts ?? 0;
    const isLate = deadline !== null && this.#world.clock.now() > Date.parse(deadline);
    const isPatient = this.#world.requests.failedOf(runId) >= allowed;
    // Of a refusal no repetition makes anything else.
    const isRefused = /answered 4(?!09|10|2[349])\d\d/.test(because);
    if (!isPatient && !isLate && !isRefused && !this.#world.garbles)
      this.#world.breaks(`run ${runId} called a dump lost that is there: ${because}`);
  }
}

async function textOf(content: { read(): AsyncIterable<Uint8Array> }): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read()) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
