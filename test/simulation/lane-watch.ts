import type { TransportRequest } from '../../shared/anaplan/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import type { Operation } from './operation.ts';
import { OURS } from './tenant.ts';
import type { World } from './world.ts';

/** Watches who touches a model when, and in which order lanes are granted. */
export class LaneWatch {
  readonly violations: string[] = [];
  readonly #world: World;
  /** the operation at which each ticket was written */
  readonly #written = new Map<string, number>();
  /** the operation at which a process last listed the tickets under a prefix */
  readonly #listed = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** To be told of each store operation just before it happens. */
  store({ process, name, about, number }: Operation): void {
    if (name === 'create' && about.includes('/tickets/') && !this.#written.has(about)) this.#written.set(about, number);
    if (name === 'list') this.#listed.set(`${process.name} ${about}`, number);
    if (name === 'replace' && about.endsWith('/holder')) this.#before = this.#world.state.text(about);
  }

  #before: string | undefined;

  /** To be told after a holder was written. */
  holderWritten({ process, about }: Operation): void {
    const now = JSON.parse(this.#world.state.text(about) ?? '{}');
    const before = JSON.parse(this.#before ?? '{}');
    if (now.runId === null || now.runId === before.runId) return;
    if (before.hold !== null) this.violations.push(`the held lane ${about} was granted to ${now.runId}`);
    if (before.runId !== null) this.violations.push(`${now.runId} took the lane ${about} from ${before.runId}`);
    const prefix = about.replace(/holder$/, 'tickets/');
    const listed = this.#listed.get(`${process.name} ${prefix}`) ?? 0;
    const runs = this.#world.runs();
    const mine = runs.find(({ runId }) => runId === now.runId)?.ticket ?? '';
    for (const { ticket, ended, runId } of runs) {
      if (ended !== null || ticket === null || !ticket.startsWith(prefix) || ticket >= mine) continue;
      if ((this.#written.get(ticket) ?? Number.POSITIVE_INFINITY) < listed)
        this.violations.push(`${now.runId} took the lane before ${runId}, whose ticket is smaller`);
    }
  }

  /** Only the holder changes anything in a model, and never while a task of another run of ours is there. */
  request({ method, url }: Pick<TransportRequest, 'method' | 'url'>): void {
    const modelId = /\/models\/([^/]+)\//.exec(url)?.[1];
    const changes =
      (method === 'POST' && /\/(tasks|files\/[^/]+)$/.test(url)) || (method === 'PUT' && /\/files\//.test(url));
    if (modelId === undefined || !changes || this.#world.releasedByHand) return;
    const holder = this.#world.state.text(`lanes/${modelId}/holder`);
    const runId: string | null = holder === undefined ? null : JSON.parse(holder).runId;
    const what = `${method} ${url.replace(/^.*\/models\/[^/]+/, '')}`;
    if (runId === null) {
      this.violations.push(`${what} while nobody has the lane`);
      return;
    }
    const own = this.#world.runs().find((run) => run.runId === runId);
    for (const task of this.#tasksOf(modelId)) {
      const elsewhere = this.#world
        .runs()
        .find((run) => run.runId !== own?.runId && run.steps.some((step) => step.task?.taskId === task.taskId));
      if (elsewhere !== undefined)
        this.violations.push(`${what} by run ${runId} while a task of run ${elsewhere.runId} is not over`);
    }
  }

  #tasksOf(modelId: string): Simulator['tenant']['models'][number]['queue']['tasks'] {
    const now = this.#world.clock.now();
    const { tasks } = this.#world.simulator.tenant.model(modelId).queue;
    return tasks.filter(
      ({ starter, final, endsAt, cancel }) =>
        starter.email === OURS.email && final === undefined && (cancel?.doneAt ?? endsAt) > now,
    );
  }
}
