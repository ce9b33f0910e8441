import type { Outcome } from './outcome.ts';
import { stateOf, type Task, type TaskPart } from './task.ts';

/** Does the work of one part, as of a time. */
export type RunPart = (task: Task, part: TaskPart, at: number) => Promise<Outcome>;

/**
 * The tasks of one model, one running at a time, first in, first out (anaplan-notes: Busy model). It has no timer:
 * `settle(at)` does the work of everything that was over by then, in order, each as of its own time.
 */
export class TaskQueue {
  readonly #run: RunPart;
  readonly #cancelMs: number;
  #tasks: Task[] = [];

  constructor(run: RunPart, cancelMs: number) {
    this.#run = run;
    this.#cancelMs = cancelMs;
  }

  get tasks(): readonly Task[] {
    return this.#tasks;
  }

  /** When the task that runs at this time will have freed the model; undefined when it is free. */
  busyUntil(at: number): number | undefined {
    const running = this.running(at);
    return running?.cancel?.doneAt ?? running?.endsAt;
  }

  running(at: number): Task | undefined {
    return this.#tasks.find((task) => !task.final && task.startsAt <= at);
  }

  add(task: Omit<Task, 'startsAt' | 'endsAt'>): Task {
    const added: Task = { ...task, startsAt: Number.POSITIVE_INFINITY, endsAt: Number.POSITIVE_INFINITY };
    this.#tasks.push(added);
    this.#schedule(task.createdAt);
    return added;
  }

  /**
   * Asks a task to stop. One that has not begun is over at once. One that runs needs a moment, unless what it is doing cannot be
   * rolled back (a delete): then that action runs on, and only what would follow is left out.
   */
  cancel(task: Task, at: number, by: string): void {
    if (task.final || task.cancel) return;
    if (stateOf(task, at) === 'NOT_STARTED') {
      task.cancel = { stopsAt: at, doneAt: at, by };
      task.final = 'CANCELLED';
    } else {
      const current = partAt(task, at);
      const runsOn = current.part.kind === 'actions';
      if (runsOn && current.part === task.parts.at(-1)) return;
      const stopsAt = runsOn ? current.endsAt : at;
      task.cancel = { stopsAt, doneAt: Math.max(stopsAt, at + this.#cancelMs), by };
    }
    this.#schedule(at);
  }

  async settle(at: number): Promise<void> {
    for (const task of this.#tasks) {
      if (task.final) continue;
      if (task.startsAt > at) return;
      await this.#advance(task, at);
      if (!task.final) return;
    }
  }

  /** The last moment a task was or will be running. */
  get lastEnd(): number {
    return this.#tasks.reduce((last, task) => Math.max(last, task.cancel?.doneAt ?? task.endsAt), 0);
  }

  forget(): void {
    this.#tasks = [];
  }

  async #advance(task: Task, at: number): Promise<void> {
    // what a cancelled part would have done is rolled back: it is never done
    const until = task.cancel ? Math.min(at, task.cancel.stopsAt) : at;
    let endsAt = task.startsAt;
    for (const part of task.parts) {
      endsAt += part.durationMs;
      if (part.outcome) continue;
      if (endsAt > until) break;
      part.outcome = await this.#run(task, part, endsAt);
      part.endedAt = endsAt;
    }
    if (task.cancel) task.final = task.cancel.doneAt <= at ? 'CANCELLED' : undefined;
    else if (task.endsAt <= at) task.final = 'COMPLETE';
  }

  /** Gives a start to every task that has not begun. */
  #schedule(at: number): void {
    let free = 0;
    for (const task of this.#tasks) {
      const begun = task.startsAt <= at;
      if (!begun && task.final) continue;
      if (!begun) {
        task.startsAt = Math.max(task.createdAt, free);
        task.endsAt = task.startsAt + task.parts.reduce((sum, part) => sum + part.durationMs, 0);
      }
      free = Math.max(free, task.cancel?.doneAt ?? task.endsAt);
    }
  }
}

function partAt(task: Task, at: number): { part: TaskPart; endsAt: number } {
  let endsAt = task.startsAt;
  for (const part of task.parts) {
    endsAt += part.durationMs;
    if (endsAt > at || part === task.parts.at(-1)) return { part, endsAt };
  }
  throw new RangeError(`the task ${task.taskId} has no parts`);
}
