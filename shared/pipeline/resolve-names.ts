import type { ActionKind, AnaplanImport, ImportSource, ModelRef } from '../anaplan/types.ts';
import { actionKindOf, type StepKind } from './frozen-pipeline.ts';
import type { Lock, LockedPipeline, LockedStep } from './lock.ts';
import { nearMatches } from './near.ts';
import type { Configuration, Pipeline } from './schema.ts';
import type { Step } from './step-schema.ts';

/** Anything of Anaplan that has an id and a name. */
export interface Named {
  id: string;
  name: string;
}

/** The part of the Anaplan client that names are looked up with. Its errors pass through untouched. */
export interface NameDirectory {
  listWorkspaces(): Promise<readonly Named[]>;
  listModels(workspaceId: string): Promise<readonly Named[]>;
  listImports(model: ModelRef): Promise<readonly AnaplanImport[]>;
  listExports(model: ModelRef): Promise<readonly Named[]>;
  listActions(model: ModelRef): Promise<readonly Named[]>;
  listProcesses(model: ModelRef): Promise<readonly Named[]>;
  getImportSource(model: ModelRef, importId: string): Promise<ImportSource | undefined>;
}

/** A name that could not be resolved: what is wrong, and what was probably meant. */
export interface NameProblem {
  pipeline: string;
  what: string;
  near: readonly string[];
}

export interface ResolvedNames {
  /** the pipelines without a problem */
  lock: Lock;
  problems: readonly NameProblem[];
}

/**
 * Looks up every name of the configuration, or of one pipeline, in Anaplan. All problems are told at once.
 * Reads only lists and import definitions, which Anaplan answers even while a model is busy (anaplan-notes: Busy model).
 * @throws whatever the client throws
 */
export async function resolveNames(
  configuration: Pick<Configuration, 'pipelines'>,
  client: NameDirectory,
  options: { only?: string } = {},
): Promise<ResolvedNames> {
  const directory = remembered(client);
  const lock: Lock = { version: 1, pipelines: {} };
  const problems: NameProblem[] = [];
  for (const [name, pipeline] of Object.entries(configuration.pipelines)) {
    if (options.only !== undefined && options.only !== name) continue;
    const resolved = await resolvePipeline(pipeline, directory);
    if (resolved.locked !== undefined) lock.pipelines[name] = resolved.locked;
    problems.push(...resolved.problems.map((problem) => ({ pipeline: name, ...problem })));
  }
  return { lock, problems };
}

type Problem = Omit<NameProblem, 'pipeline'>;

async function resolvePipeline(
  pipeline: Pipeline,
  directory: NameDirectory,
): Promise<{ locked?: LockedPipeline; problems: Problem[] }> {
  const workspace = find('workspace', pipeline.workspace, await directory.listWorkspaces(), 'this user sees');
  if (!workspace.found) return { problems: [workspace.problem] };
  const inWorkspace = `workspace "${workspace.object.name}"`;
  const model = find('model', pipeline.model, await directory.listModels(workspace.object.id), `of ${inWorkspace}`);
  if (!model.found) return { problems: [model.problem] };

  const ref: ModelRef = { workspaceId: workspace.object.id, modelId: model.object.id };
  const steps: LockedStep[] = [];
  const problems: Problem[] = [];
  for (const step of pipeline.steps) {
    const resolved = await resolveStep(step, ref, model.object.name, directory);
    if ('problem' in resolved) problems.push(resolved.problem);
    else steps.push(resolved.step);
  }
  if (problems.length === 0 && pipeline.trigger?.kind === 'drop' && !steps.some(({ fileId }) => fileId !== undefined)) {
    const what =
      'a drop starts it, but none of its imports reads a file (they read other models), so nothing could be uploaded';
    problems.push({ what, near: [] });
  }
  if (problems.length > 0) return { problems };
  return {
    locked: { workspace: kept(pipeline.workspace, workspace.object), model: kept(pipeline.model, model.object), steps },
    problems,
  };
}

async function resolveStep(
  step: Step,
  ref: ModelRef,
  modelName: string,
  directory: NameDirectory,
): Promise<{ step: LockedStep } | { problem: Problem }> {
  const object = find(
    step.kind,
    step.name,
    await LISTS[actionKindOf(step.kind)](directory, ref),
    `of model "${modelName}"`,
  );
  if (!object.found) return { problem: object.problem };
  const base = { kind: step.kind, ...kept(step.name, object.object) };
  const { importDataSourceId: fileId } = object.object;
  if (step.kind !== 'import' || fileId === undefined) return { step: base };
  const source = await directory.getImportSource(ref, object.object.id);
  return { step: { ...base, fileId, ...(source === undefined ? {} : { source: plain(source) }) } };
}

const LISTS: Readonly<
  Record<
    ActionKind,
    (directory: NameDirectory, ref: ModelRef) => Promise<readonly (Named & { importDataSourceId?: string })[]>
  >
> = {
  imports: (directory, ref) => directory.listImports(ref),
  exports: (directory, ref) => directory.listExports(ref),
  actions: (directory, ref) => directory.listActions(ref),
  processes: (directory, ref) => directory.listProcesses(ref),
};

/** An id wins over a name; a name must fit exactly and once. */
function find<T extends Named>(
  kind: StepKind | 'workspace' | 'model',
  asked: string,
  objects: readonly T[],
  place: string,
): { found: true; object: T } | { found: false; problem: Problem } {
  const byId = objects.find(({ id }) => id === asked);
  if (byId !== undefined) return { found: true, object: byId };
  const [object, ...others] = objects.filter(({ name }) => name === asked);
  if (object === undefined) {
    const near = nearMatches(
      asked,
      objects.map(({ name }) => name),
    );
    return { found: false, problem: { what: `no ${kind} ${place} is called "${asked}" or has this id`, near } };
  }
  if (others.length > 0) {
    const what = `${others.length + 1} ${KIND_PLURALS[kind]} ${place} are called "${asked}"; use the id of one`;
    return { found: false, problem: { what, near: [object, ...others].map(({ id }) => id) } };
  }
  return { found: true, object };
}

const KIND_PLURALS: Readonly<Record<StepKind | 'workspace' | 'model', string>> = {
  workspace: 'workspaces',
  model: 'models',
  import: 'imports',
  export: 'exports',
  action: 'actions',
  process: 'processes',
};

function kept(asked: string, { id, name }: Named): LockedPipeline['model'] {
  return { asked, id, name };
}

function plain(source: ImportSource): NonNullable<LockedStep['source']> {
  return { ...source, headerNames: [...source.headerNames] };
}

/** Each list is asked for once, however many pipelines share a model. */
function remembered(client: NameDirectory): NameDirectory {
  const answers = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = answers.get(key) as Promise<T> | undefined;
    const answer = known ?? ask();
    answers.set(key, answer);
    return answer;
  };
  return {
    listWorkspaces: () => once('workspaces', () => client.listWorkspaces()),
    listModels: (workspaceId) => once(`models ${workspaceId}`, () => client.listModels(workspaceId)),
    listImports: (model) => once(`imports ${model.modelId}`, () => client.listImports(model)),
    listExports: (model) => once(`exports ${model.modelId}`, () => client.listExports(model)),
    listActions: (model) => once(`actions ${model.modelId}`, () => client.listActions(model)),
    listProcesses: (model) => once(`processes ${model.modelId}`, () => client.listProcesses(model)),
    getImportSource: (model, id) => once(`source ${model.modelId} ${id}`, () => client.getImportSource(model, id)),
  };
}
