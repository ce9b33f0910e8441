import { createHash } from 'node:crypto';
import type { Simulator } from '../../simulator/index.ts';
import { OURS } from './tenant.ts';

type Served = Omit<Simulator, 'url'>;

/** A task as the simulator saw it start. */
export interface SeenStart {
  taskId: string;
  modelId: string;
  action: string;
  kind: string;
  by: string;
  /** as the simulator keeps it, now and later */
  task: Served['tenant']['models'][number]['queue']['tasks'][number];
  /** epoch milliseconds */
  at: number;
  /** of what our user has in the import's file at that moment; undefined when the action reads no file of ours */
  sha256: string | undefined;
}

/** Keeps what happened in Anaplan by the simulator's word, never by our ledger's. */
export class Watcher {
  readonly starts: SeenStart[] = [];
  readonly #simulator: Served;
  readonly #known = new Set<string>();

  constructor(simulator: Served) {
    this.#simulator = simulator;
  }

  /** To be called after everything that may have started a task. */
  async look(): Promise<void> {
    for (const model of this.#simulator.tenant.models) {
      for (const task of model.queue.tasks) {
        if (this.#known.has(task.taskId)) continue;
        this.#known.add(task.taskId);
        const fileId = model.imports.get(task.objectId)?.fileId;
        this.starts.push({
          taskId: task.taskId,
          modelId: model.id,
          action: task.name,
          kind: task.kind,
          by: task.starter.email,
          at: task.createdAt,
          task,
          sha256: fileId === undefined ? undefined : await this.#contentOf(model, fileId),
        });
      }
    }
  }

  get ours(): SeenStart[] {
    return this.starts.filter(({ by }) => by === OURS.email);
  }

  async #contentOf(model: Served['tenant']['models'][number], fileId: string): Promise<string | undefined> {
    const reports = await model.files.reports((id) => this.#simulator.tenant.userById(id)?.plan.email ?? '', fileId);
    return reports.find(({ uploadedBy }) => uploadedBy === OURS.email)?.sha256;
  }
}

export function sha256Of(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
