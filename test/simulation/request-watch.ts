import type { TransportRequest } from '../../shared/anaplan/index.ts';
import type { Run } from '../../shared/run/run.ts';
import { type InHand, runIdOfAgent } from './in-hand.ts';
import type { World } from './world.ts';

type Asked = Pick<TransportRequest, 'method' | 'url' | 'headers'>;

/** What the clocks of two processes may be apart. */
const SKEW_MS = 20_000;

/** Sees to it that what changes something in Anaplan is asked only by a run that may, and after what has to come before it. */
export class RequestWatch {
  readonly #world: World;
  /** the models that have answered a file call of an invocation */
  readonly #answered = new WeakMap<InHand, Set<string>>();
  /** the last intent to start of each run, and who had asked to stop the run when it was stored */
  readonly #intents = new Map<string, { intendedAt: string; stopper: string | undefined }>();
  /** requests that failed or were not waited for, by run */
  readonly #failed = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** To be told of the key of each ledger entry that was written. */
  committed(key: string): void {
    // Reading each entry that is written would take a tenth of the time of a story.
    if (!/"stage": ?"start"/.test(this.#world.state.text(key) ?? '')) return;
    const run = this.#world.runs().find(({ runId }) => key.endsWith(`/${runId}.json`));
    const { start } = run?.steps[run.position.step] ?? {};
    if (run === undefined || start == null || this.#intents.get(run.runId)?.intendedAt === start.intendedAt) return;
    this.#intents.set(run.runId, { intendedAt: start.intendedAt, stopper: run.requests[0]?.by });
  }

  /** To be told of each request before it goes. */
  sent(request: Asked, sender: InHand | undefined): void {
    const { method, url, headers } = request;
    const runId = runIdOfAgent(headers['user-agent']);
    const [, modelId, rest] = /\/models\/([^/]+)\/(.+)$/.exec(url) ?? [];
    if (runId === undefined || modelId === undefined || rest === undefined) return;
    const objectId =
      method === 'POST' ? /^(?:imports|exports|actions|processes)\/([^/]+)\/tasks$/.exec(rest)?.[1] : undefined;
    const isAnnouncement = method === 'POST' && /^files\/[^/]+$/.test(rest);
    const isChunk = method === 'PUT' && rest.startsWith('files/');
    if (objectId === undefined && !isAnnouncement && !isChunk) return;
    const run = this.#world.runs().find((each) => each.runId === runId);
    if (run === undefined) return;
    const broken = (why: string) => this.#world.breaks(`${method} /${rest} by run ${runId} ${why}`);
    if (!this.#hasClaim(run)) broken('without a claim that lives');
    if (!isChunk && sender !== undefined && !this.#answered.get(sender)?.has(modelId))
      broken('to a model that had not answered before');
    if (isAnnouncement) for (const why of this.#staleEpoch(run, modelId)) broken(why);
    if (objectId !== undefined) for (const why of this.#needlessStart(run, objectId)) broken(why);
  }

  /** To be told of each answer, heard or not, and of each request that got none. */
  answered({ method, url, headers }: Asked, status: number | undefined, sender: InHand | undefined): void {
    const runId = runIdOfAgent(headers['user-agent']);
    if (runId !== undefined && (status === undefined || status >= 400))
      this.#failed.set(runId, (this.#failed.get(runId) ?? 0) + 1);
    const [, modelId] = /\/models\/([^/]+)\/files(?:\?|$)/.exec(url) ?? [];
    if (method !== 'GET' || status !== 200 || modelId === undefined || sender === undefined) return;
    this.#answered.set(sender, new Set(this.#answered.get(sender)).add(modelId));
  }

  /** How many requests of a run have failed. */
  failedOf(runId: string): number {
    return this.#failed.get(runId) ?? 0;
  }

  #hasClaim({ claim }: Run): boolean {
    return claim !== null && this.#world.clock.now() <= Date.parse(claim.until) + SKEW_MS;
  }

  /** An announcement belongs to the tenure of the lane in which it is made. */
  *#staleEpoch({ steps, position }: Run, modelId: string): Generator<string> {
    const { fence } = JSON.parse(this.#world.state.text(`lanes/${modelId}/holder`) ?? '{}');
    const { epoch } = steps[position.step] ?? {};
    if (epoch?.fence !== fence) yield `in an epoch of fence ${epoch?.fence}, and the lane has ${fence}`;
  }

  *#needlessStart({ runId, deadline }: Run, objectId: string): Generator<string> {
    const { intendedAt = '', stopper } = this.#intents.get(runId) ?? {};
    if (stopper !== undefined) yield `although ${stopper} had asked before that nothing new be started`;
    if (deadline !== null && Date.parse(intendedAt) > Date.parse(deadline) + SKEW_MS) yield 'after its deadline';
    for (const { task, modelId } of this.#world.watcher.startsOf(runId)) {
      const isThere = this.#world.simulator.tenant.model(modelId).queue.tasks.includes(task);
      if (task.objectId === objectId && isThere) yield `while its task ${task.taskId} was there`;
    }
  }
}
