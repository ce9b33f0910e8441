import { hash } from 'node:crypto';
import type { Simulator } from '../../simulator/index.ts';
import { runIdOfAgent } from './in-hand.ts';
import { OURS } from './tenant.ts';

type Served = Omit<Simulator, 'url'>;
type SeenModel = Served['tenant']['models'][number];

/** A task as the simulator saw it start. */
export interface SeenStart {
  taskId: string;
  modelId: string;
  action: string;
  kind: string;
  by: string;
  /** the run whose message was in hand when it was asked for; undefined when it was none of ours */
  runId: string | undefined;
  /** as the simulator keeps it, now and later */
  task: SeenModel['queue']['tasks'][number];
  /** epoch milliseconds */
  at: number;
  /** of what our user has in the import's file at that moment; undefined when the action reads no file of ours */
  sha256: string | undefined;
  /** the same for each import of a process, by its name */
  contents: ReadonlyMap<string, string | undefined>;
}

/** Keeps what happened in Anaplan by the simulator's word, never by our ledger's. */
export class Watcher {
  readonly starts: SeenStart[] = [];
  readonly #simulator: Served;
  readonly #known = new Set<string>();

  constructor(simulator: Served) {
    this.#simulator = simulator;
  }

  /** To be called after everything that may have started a task. @returns what it sees for the first time */
  async look(): Promise<SeenStart[]> {
    const before = this.starts.length;
    for (const model of this.#simulator.tenant.models) {
      for (const task of model.queue.tasks) {
        if (this.#known.has(task.taskId)) continue;
        this.#known.add(task.taskId);
        const contents = new Map<string, string | undefined>();
        for (const { objectId, name } of task.parts) {
          const fileId = model.imports.get(objectId)?.fileId;
          if (fileId !== undefined) contents.set(name, await this.#contentOf(model, fileId));
        }
        this.starts.push({
          taskId: task.taskId,
          modelId: model.id,
          action: task.name,
          kind: task.kind,
          by: task.starter.email,
          runId: runIdOfAgent(task.starter.userAgent),
          at: task.createdAt,
          task,
          sha256: contents.get(task.name),
          contents,
        });
      }
    }
    return this.starts.slice(before);
  }

  get ours(): SeenStart[] {
    return this.starts.filter(({ by }) => by === OURS.email);
  }

  startsOf(runId: string): SeenStart[] {
    return this.ours.filter((start) => start.runId === runId);
  }

  async #contentOf(model: SeenModel, fileId: string): Promise<string | undefined> {
    const reports = await model.files.reports((id) => this.#simulator.tenant.userById(id)?.plan.email ?? '', fileId);
    return reports.find(({ uploadedBy }) => uploadedBy === OURS.email)?.sha256;
  }
}

export function sha256Of(text: string | Uint8Array): string {
  return hash('sha256', text);
}
