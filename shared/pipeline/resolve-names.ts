import type { ActionKind, ModelRef } from '../anaplan/types.ts';
import { find, kept, type Problem } from './find-named.ts';
import { actionKindOf, STEP_KINDS } from './frozen-pipeline.ts';
import type { Lock, LockedPipeline, LockedStep } from './lock.ts';
import { type NameDirectory, type Named, remembered } from './name-directory.ts';
import { plainSource, resolveFiles } from './resolve-files.ts';
import type { Configuration, Pipeline } from './schema.ts';
import type { Step } from './step-schema.ts';

/** A problem of finding, and the pipeline that has it. */
export interface NameProblem extends Problem {
  pipeline: string;
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

async function resolvePipeline(
  pipeline: Pipeline,
  directory: NameDirectory,
): Promise<{ locked?: LockedPipeline; problems: Problem[] }> {
  const workspace = find('workspace', pipeline.workspace, await directory.listWorkspaces(), {
    place: 'this user sees',
    path: ['workspace'],
  });
  if (!workspace.found) return { problems: [workspace.problem] };
  const inWorkspace = `workspace "${workspace.object.name}"`;
  const model = find('model', pipeline.model, await directory.listModels(workspace.object.id), {
    place: `of ${inWorkspace}`,
    path: ['model'],
  });
  if (!model.found) return { problems: [model.problem] };

  const ref: ModelRef = { workspaceId: workspace.object.id, modelId: model.object.id };
  const steps: LockedStep[] = [];
  const problems: Problem[] = [];
  for (const [index, step] of pipeline.steps.entries()) {
    const path = ['steps', String(index)];
    const resolved = await resolveStep(step, { ref, modelName: model.object.name, path }, directory);
    if ('problems' in resolved) problems.push(...resolved.problems);
    else steps.push(resolved.step);
  }
  if (problems.length === 0) problems.push(...sourceProblems(pipeline, steps));
  if (problems.length > 0) return { problems };
  return {
    locked: { workspace: kept(pipeline.workspace, workspace.object), model: kept(pipeline.model, model.object), steps },
    problems,
  };
}

/** Whether what starts the pipeline brings a file for each import that reads one, and only then. */
function sourceProblems({ trigger }: Pipeline, steps: readonly LockedStep[]): Problem[] {
  if (trigger === undefined) return [];
  if (trigger.kind === 'drop') {
    if (steps.some(({ fileId }) => fileId !== undefined)) return [];
    const what =
      'a drop starts it, but none of its imports reads a file (they read other models), so nothing could be uploaded';
    return [{ path: ['on'], what, near: [] }];
  }
  return steps.flatMap(({ kind, name, fileId }, index): Problem[] => {
    if (kind !== 'import' || fileId === undefined) return [];
    const what = `import "${name}" reads a file, but a pipeline with ${trigger.kind} has none for it; start it with a drop, or put the import into the process that takes files`;
    return [{ path: ['steps', String(index), kind], what, near: [] }];
  });
}

async function resolveStep(
  step: Step,
  { ref, modelName, path }: { ref: ModelRef; modelName: string; path: readonly string[] },
  directory: NameDirectory,
): Promise<{ step: LockedStep } | { problems: Problem[] }> {
  const objects = await LISTS[actionKindOf(step.kind)](directory, ref);
  const place = { place: `of model "${modelName}"`, path: [...path, step.kind] };
  const object = find(step.kind, step.name, objects, place);
  if (!object.found) {
    const { problem } = object;
    const other = objects.some(({ name }) => name === step.name) ? undefined : await otherKind(step, ref, directory);
    return { problems: [other === undefined ? problem : { ...problem, what: `${problem.what}; ${other}`, near: [] }] };
  }
  const base = { kind: step.kind, ...kept(step.name, object.object) };
  if (step.files !== undefined) {
    const { files, problems } = await resolveFiles(
      step.files,
      { ref, process: object.object, path: [...path, 'files'] },
      directory,
    );
    return problems.length > 0 ? { problems } : { step: { ...base, files } };
  }
  const { importDataSourceId: fileId } = object.object;
  if (step.kind !== 'import' || fileId === undefined) return { step: base };
  const source = await directory.getImportSource(ref, object.object.id);
  return { step: { ...base, fileId, ...(source === undefined ? {} : { source: plainSource(source) }) } };
}

/** That an object of another kind has the name or id of a step; undefined when none has, or when Anaplan does not say. */
async function otherKind({ kind, name: asked }: Step, ref: ModelRef, directory: NameDirectory) {
  for (const other of STEP_KINDS.filter((each) => each !== kind)) {
    // What was asked for is not there, and no trouble in looking further may hide that.
    const objects = await LISTS[actionKindOf(other)](directory, ref).catch(() => []);
    const found = objects.find(({ id, name }) => id === asked || name === asked);
    if (found === undefined) continue;
    const article = other === 'process' ? 'a' : 'an';
    return `there is ${article} ${other} ${found.id === asked ? 'with this id' : 'of this name'}: write "${other}:"`;
  }
  return undefined;
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
