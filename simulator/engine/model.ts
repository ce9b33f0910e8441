import type { Quirks } from '../definition/quirks.ts';
import type { Settings } from '../definition/settings.ts';
import type { ModelState } from '../definition/tenant-definition.ts';
import type { DeleteAction, ExportAction, ImportAction, Process, Step } from './actions.ts';
import type { Calendar } from './calendar.ts';
import { DumpShelf } from './dump-shelf.ts';
import { FileShelf } from './file-shelf.ts';
import type { ObjectIds, Seeded } from './ids.ts';
import { Lifecycle } from './lifecycle.ts';
import type { List } from './list.ts';
import type { Detail } from './messages.ts';
import type { Module } from './module.ts';
import { couldNotRun, type Outcome } from './outcome.ts';
import { runStep } from './run-step.ts';
import type { Spool } from './spool.ts';
import type { ActionKind, MappingParameter, Starter, Task, TaskPart } from './task.ts';
import { TaskQueue } from './task-queue.ts';

/** How long a model stays `Closing`. */
const CLOSE_MS = 2000;

/** What a model needs from its tenant. */
export interface ModelSurroundings {
  settings: Settings;
  quirks: Quirks;
  spool: Spool;
  seeded: Seeded;
}

export interface ModelHead {
  id: string;
  name: string;
  workspaceId: string;
  workspaceName: string;
  state: ModelState;
  loaded: boolean;
}

/** What a start may be told to do other than usual: by a scenario. */
export interface StartWish {
  /** how long each action runs */
  seconds?: number | undefined;
  /** the failure it ends with, without having done anything */
  fails?: Omit<Detail, 'occurrences'> | undefined;
}

/** A model: its lists and modules, its files, its actions and their tasks. Everything in it is as of the time asked for. */
export class Model {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly workspaceName: string;
  readonly calendar: Calendar;
  readonly versions: readonly string[];
  readonly lists = new Map<string, List>();
  readonly modules = new Map<string, Module>();
  /** by id, as the following ones */
  readonly imports = new Map<string, ImportAction>();
  readonly exports = new Map<string, ExportAction>();
  readonly actions = new Map<string, DeleteAction>();
  readonly processes = new Map<string, Process>();
  readonly files: FileShelf;
  readonly dumps: DumpShelf;
  readonly queue: TaskQueue;
  readonly lifecycle: Lifecycle;
  state: ModelState;
  /** until when it is busy with something that is no task, such as a save; epoch milliseconds */
  #holdsUntil = 0;
  readonly #around: ModelSurroundings;
  /** one after the other: settling reads files and writes cells */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    head: ModelHead,
    dimensions: { calendar: Calendar; versions: readonly string[] },
    objectIds: ObjectIds,
    around: ModelSurroundings,
  ) {
    const { settings, quirks } = around;
    this.id = head.id;
    this.name = head.name;
    this.workspaceId = head.workspaceId;
    this.workspaceName = head.workspaceName;
    this.state = head.state;
    this.calendar = dimensions.calendar;
    this.versions = dimensions.versions;
    this.#around = around;
    this.files = new FileShelf(settings.fileSeconds * 1000, () => objectIds.next('file'));
    this.dumps = new DumpShelf(settings.fileSeconds * 1000, quirks.onlyNewestDump);
    this.queue = new TaskQueue((task, part, at) => this.#runPart(task, part, at), settings.cancelSeconds * 1000);
    const wakeMs = quirks.coldModelIsSlow ? settings.wakeSeconds * 1000 : 0;
    this.lifecycle = new Lifecycle(head.loaded, { wakeMs, idleMs: settings.idleSeconds * 1000, closeMs: CLOSE_MS });
  }

  /** Brings everything up to `at`, then does `work`; nobody else touches the model meanwhile. */
  async asOf<T>(at: number, work: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      await this.queue.settle(at);
      const unloaded = this.lifecycle.settle(at, this.queue.lastEnd);
      if (unloaded && this.#around.quirks.unloadForgetsTasks) this.queue.forget();
      return work();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Unloads the model on the spot, whatever runs in it. */
  unload(): void {
    this.lifecycle.unload();
    if (this.#around.quirks.unloadForgetsTasks) this.queue.forget();
  }

  /** Makes it busy until then, though no task runs. */
  hold(until: number): void {
    this.#holdsUntil = Math.max(this.#holdsUntil, until);
  }

  isHeld(at: number): boolean {
    return at < this.#holdsUntil;
  }

  /**
   * Uses the model. The answer is when a request can go on, undefined for now.
   * @param waits whether it waits while the model is busy
   */
  use(at: number, waits: boolean): number | undefined {
    const opens = this.lifecycle.use(at);
    if (opens !== undefined && opens > at) return opens;
    if (waits && this.isHeld(at)) return this.#holdsUntil;
    return waits && this.#around.quirks.busyModelHolds ? this.queue.busyUntil(at) : undefined;
  }

  /** Queues a task. Whether its starter may run it shows in its result, not here. Undefined when there is no such action. */
  start(
    kind: ActionKind,
    objectId: string,
    starter: Starter,
    mapping: readonly MappingParameter[],
    at: number,
    wish: StartWish = {},
  ): Task | undefined {
    const found = this.#find(kind, objectId);
    if (!found) return undefined;
    return this.queue.add({
      taskId: this.#around.seeded.hex().toUpperCase(),
      kind,
      objectId,
      name: found.name,
      starter,
      mapping,
      createdAt: at,
      fails: wish.fails,
      parts: found.steps.map((step) => ({
        objectId: step.action.id,
        name: step.action.name,
        kind: step.kind,
        durationMs: this.#durationMs(wish.seconds ?? step.action.seconds),
      })),
    });
  }

  /** An action of any kind by its name. */
  named(name: string): { kind: ActionKind; id: string } | undefined {
    const kinds = ['imports', 'exports', 'actions', 'processes'] as const;
    for (const kind of kinds) {
      for (const each of this[kind].values()) if (each.name === name) return { kind, id: each.id };
    }
    return undefined;
  }

  task(kind: ActionKind, objectId: string, taskId: string): Task | undefined {
    return this.queue.tasks.find((each) => each.kind === kind && each.objectId === objectId && each.taskId === taskId);
  }

  #find(kind: ActionKind, id: string): { name: string; steps: readonly Step[] } | undefined {
    if (kind === 'processes') return this.processes.get(id);
    const step = this.#step(kind, id);
    return step && { name: step.action.name, steps: [step] };
  }

  #step(kind: Step['kind'], id: string): Step | undefined {
    switch (kind) {
      case 'imports': {
        const action = this.imports.get(id);
        return action && { kind, action };
      }
      case 'exports': {
        const action = this.exports.get(id);
        return action && { kind, action };
      }
      case 'actions': {
        const action = this.actions.get(id);
        return action && { kind, action };
      }
    }
  }

  async #runPart(task: Task, part: TaskPart, at: number): Promise<Outcome> {
    if (task.fails && part === task.parts[0]) return couldNotRun(task.fails);
    const step = this.#step(part.kind, part.objectId);
    if (!step) return couldNotRun({ type: 'actionFailed', values: { failureDetails: part.name } });
    return runStep(this, task, step, this.#around.spool, at);
  }

  #durationMs(seconds: number | undefined): number {
    if (seconds !== undefined) return seconds * 1000;
    const { taskSeconds } = this.#around.settings;
    if (typeof taskSeconds === 'number') return taskSeconds * 1000;
    const [least, most] = taskSeconds;
    return Math.round((least + this.#around.seeded.number() * (most - least)) * 1000);
  }
}
