import { deleteItems } from '../actions/delete-items.ts';
import { type ExportFormat, runExport } from '../actions/export.ts';
import { importIntoList, type ListMapping } from '../actions/import-list.ts';
import { importIntoModule, type ModuleMapping } from '../actions/import-module.ts';
import type { Quirks } from '../definition/quirks.ts';
import type { Settings } from '../definition/settings.ts';
import type { ModelState, Role } from '../definition/tenant-definition.ts';
import type { Calendar } from './calendar.ts';
import { DumpShelf } from './dump-shelf.ts';
import { FileShelf, readAll } from './file-shelf.ts';
import type { ObjectIds, Seeded } from './ids.ts';
import type { List } from './list.ts';
import type { CellFormats, Module } from './module.ts';
import { couldNotRun, type Outcome } from './outcome.ts';
import type { TextFormat } from './read-rows.ts';
import { openSource } from './source.ts';
import type { Spool } from './spool.ts';
import type { ActionKind, MappingParameter, Starter, Task, TaskPart } from './task.ts';
import { TaskQueue } from './task-queue.ts';

export interface ImportAction {
  id: string;
  name: string;
  /** the data source it reads; undefined when it reads another object of the model */
  fileId: string | undefined;
  from: List | Module | undefined;
  format: TextFormat;
  formats: CellFormats;
  /** all columns of the definition, in order; `mapped` are those it uses */
  headers: readonly string[];
  mapped: readonly string[];
  target:
    | { kind: 'list'; list: List; mapping: ListMapping }
    | { kind: 'module'; module: Module; mapping: ModuleMapping };
  ask: readonly string[];
  seconds: number | undefined;
}

export interface ExportAction {
  id: string;
  name: string;
  from: List | Module;
  format: ExportFormat;
  exportType: string;
  seconds: number | undefined;
}

export interface DeleteAction {
  id: string;
  name: string;
  list: List;
  where: Readonly<Record<string, string>>;
  filter: string;
  seconds: number | undefined;
}

export interface Process {
  id: string;
  name: string;
  steps: readonly (
    | { kind: 'imports'; action: ImportAction }
    | { kind: 'exports'; action: ExportAction }
    | { kind: 'actions'; action: DeleteAction }
  )[];
}

/** What a model needs from its tenant. */
export interface ModelSurroundings {
  settings: Settings;
  quirks: Quirks;
  spool: Spool;
  seeded: Seeded;
}

/** A model: its lists and modules, its files, its actions and their tasks. Everything in it is as of the time asked for. */
export class Model {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly workspaceName: string;
  readonly calendar: Calendar;
  readonly versions: readonly string[];
  readonly objectIds: ObjectIds;
  readonly lists = new Map<string, List>();
  readonly modules = new Map<string, Module>();
  readonly imports = new Map<string, ImportAction>();
  readonly exports = new Map<string, ExportAction>();
  readonly actions = new Map<string, DeleteAction>();
  readonly processes = new Map<string, Process>();
  readonly roles = new Map<string, Role>();
  readonly files: FileShelf;
  readonly dumps: DumpShelf;
  readonly queue: TaskQueue;
  state: ModelState;
  readonly #around: ModelSurroundings;
  /** one after the other: settling reads files and writes cells */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    head: { id: string; name: string; workspaceId: string; workspaceName: string; state: ModelState },
    dimensions: { calendar: Calendar; versions: readonly string[] },
    objectIds: ObjectIds,
    around: ModelSurroundings,
  ) {
    this.id = head.id;
    this.name = head.name;
    this.workspaceId = head.workspaceId;
    this.workspaceName = head.workspaceName;
    this.state = head.state;
    this.calendar = dimensions.calendar;
    this.versions = dimensions.versions;
    this.objectIds = objectIds;
    this.#around = around;
    const lifeMs = around.settings.fileSeconds * 1000;
    this.files = new FileShelf(lifeMs, () => objectIds.next('file'));
    this.dumps = new DumpShelf(lifeMs, around.quirks.onlyNewestDump);
    this.queue = new TaskQueue((task, part, at) => this.#runPart(task, part, at), around.settings.cancelSeconds * 1000);
  }

  /** Brings everything up to `at`, then does `work`; nobody else touches the model meanwhile. */
  async asOf<T>(at: number, work: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      await this.queue.settle(at);
      return work();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** When a request can go on: undefined for now. @param waits whether it waits for a running task */
  freeAt(at: number, waits: boolean): number | undefined {
    return waits && this.#around.quirks.busyModelHolds ? this.queue.busyUntil(at) : undefined;
  }

  /** Queues a task. Whether its starter may run it shows in its result, not here. */
  start(
    kind: ActionKind,
    objectId: string,
    starter: Starter,
    mapping: readonly MappingParameter[],
    at: number,
  ): Task | undefined {
    const found = this.#find(kind, objectId);
    if (!found) return undefined;
    const parts = starter.mayRun ? found.parts : found.parts.slice(0, 1);
    return this.queue.add({
      taskId: this.#around.seeded.hex().toUpperCase(),
      kind,
      objectId,
      name: found.name,
      starter,
      mapping,
      createdAt: at,
      parts: parts.map(({ kind: partKind, action }) => ({
        objectId: action.id,
        name: action.name,
        kind: partKind,
        durationMs: this.#durationMs(action.seconds),
      })),
    });
  }

  /** True when an action of that kind has that id. */
  has(kind: ActionKind, objectId: string): boolean {
    return this.#find(kind, objectId) !== undefined;
  }

  task(kind: ActionKind, objectId: string, taskId: string): Task | undefined {
    return this.queue.tasks.find((each) => each.kind === kind && each.objectId === objectId && each.taskId === taskId);
  }

  #find(kind: ActionKind, id: string): { name: string; parts: Process['steps'] } | undefined {
    if (kind === 'processes') {
      const process = this.processes.get(id);
      return process && { name: process.name, parts: process.steps };
    }
    if (kind === 'imports') {
      const action = this.imports.get(id);
      return action && { name: action.name, parts: [{ kind, action }] };
    }
    if (kind === 'exports') {
      const action = this.exports.get(id);
      return action && { name: action.name, parts: [{ kind, action }] };
    }
    const action = this.actions.get(id);
    return action && { name: action.name, parts: [{ kind, action }] };
  }

  #durationMs(seconds: number | undefined): number {
    if (seconds !== undefined) return seconds * 1000;
    const { taskSeconds } = this.#around.settings;
    if (typeof taskSeconds === 'number') return taskSeconds * 1000;
    const [least, most] = taskSeconds;
    return Math.round((least + this.#around.seeded.number() * (most - least)) * 1000);
  }

  async #runPart(task: Task, part: TaskPart, at: number): Promise<Outcome> {
    if (!task.starter.mayRun) return couldNotRun({ type: 'notAuthorised', values: { actionName: task.name } });
    const { spool } = this.#around;
    if (part.kind === 'imports') {
      const action = this.imports.get(part.objectId);
      if (!action) return couldNotRun({ type: 'actionFailed', values: { failureDetails: part.name } });
      const outcome = await this.#runImport(action, task, at);
      this.dumps.put(task.starter.userId, action.id, task.taskId, outcome.dump, at);
      return outcome;
    }
    if (part.kind === 'exports') {
      const action = this.exports.get(part.objectId);
      if (!action) return couldNotRun({ type: 'actionFailed', values: { failureDetails: part.name } });
      const { outcome, file } = await runExport(action.from, action.name, action.format, spool);
      this.files.putOutput(task.starter.userId, action.id, file, at);
      return outcome;
    }
    const action = this.actions.get(part.objectId);
    if (!action) return couldNotRun({ type: 'actionFailed', values: { failureDetails: part.name } });
    return deleteItems(action.list, action.where, action.filter, [...this.modules.values()]);
  }

  async #runImport(action: ImportAction, task: Task, at: number): Promise<Outcome> {
    const mapping = withParameters(action, task.mapping);
    if ('type' in mapping) return couldNotRun(mapping);
    const { spool } = this.#around;
    const reader = { userId: task.starter.userId, admin: task.starter.admin };
    const parts = action.from
      ? [
          (await runExport(action.from, action.name, { separator: ',', encoding: 'UTF-8', omitEmpty: true }, spool))
            .file,
        ]
      : this.files.content(reader, action.fileId ?? '', at);
    if (!parts) return couldNotRun({ type: 'uploadedFileNoLongerAvailable', values: {} });
    try {
      const source = await openSource(readAll(parts), action.format, action.headers, action.mapped);
      return mapping.kind === 'list'
        ? await importIntoList(mapping.list, mapping.mapping, source, action.formats, spool)
        : await importIntoModule(mapping.module, mapping.mapping, source, action.formats, spool);
    } finally {
      for (const part of parts) part.release();
    }
  }
}

/** The import's target with what the caller named for the dimensions it asks for. */
function withParameters(action: ImportAction, parameters: readonly MappingParameter[]) {
  const { target } = action;
  if (target.kind === 'list' || action.ask.length === 0) return target;
  const dimensions = [...target.mapping.dimensions];
  for (const name of action.ask) {
    const parameter = parameters.find(
      (each) => matches(each.entityType, name) && (each.importId === undefined || each.importId === action.id),
    );
    const dimension = target.module.dimension(name);
    if (!parameter || !dimension) {
      const message = `no mapping was given for ${name}`;
      return { type: 'moduleImportFailed' as const, values: { moduleName: target.module.name, message } };
    }
    dimensions.push({ dimension, fixed: parameter.entityName });
  }
  return { ...target, mapping: { ...target.mapping, dimensions } };
}

/** `Version` asks for the dimension `Versions`. */
const matches = (entityType: string, dimension: string) =>
  entityType.toLowerCase() === dimension.toLowerCase() || `${entityType.toLowerCase()}s` === dimension.toLowerCase();
